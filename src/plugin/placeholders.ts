import type { Partition } from '../model/types.ts';
import type { OptionsSchema } from './contract.ts';

interface Options {
  readonly [name: string]: unknown;
}

const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The names in braces in a stream's options. */
export function placeholdersIn(options: Options): ReadonlySet<string> {
  const texts = Object.values(options).filter((value) => typeof value === 'string');
  return new Set(texts.flatMap((text) => [...text.matchAll(placeholder)].map(([, name = '']) => name)));
}

/**
 * A stream's options with the values of a partition in the place of its names in braces: as they are, or as literals
 * where the schema says that an option is SQL (`"x-language": "sql"`). Other braces stay.
 */
export function fillPlaceholders(options: Options, schema: OptionsSchema, partition: Partition): Options {
  const entries = Object.entries(options).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'string') return [name, value];
    const isSql = Object(schema.properties[name])['x-language'] === 'sql';
    const filled = value.replace(placeholder, (whole, key: string) => {
      const found = Object.hasOwn(partition, key) ? partition[key] : undefined;
      if (found === undefined) return whole;
      return isSql ? literal(found) : String(found);
    });
    return [name, filled];
  });
  return Object.fromEntries(entries);
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
