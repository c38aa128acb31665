import type { ConfigPath } from './document.ts';

/** A map of the config: no prototype, so that every key is its own. */
export interface Fields {
  readonly [key: string]: unknown;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The key that holds the entries, and the key in `defaults` of what lies under each of them. */
const kinds = { sources: 'source', sinks: 'sink', pipelines: 'pipeline' } as const;

/** The config with `defaults` merged under every entry. Anything that does not have the expected shape stays as it is. */
export function mergeDefaults(config: unknown): unknown {
  if (!isFields(config) || !isFields(config.defaults)) return config;
  const { defaults } = config;
  const merged = Object.entries(kinds).flatMap(([key, kind]) => {
    const entries = config[key];
    const lower = defaults[kind];
    if (!isFields(entries) || !isFields(lower)) return [];
    return [
      [
        key,
        toFields(Object.entries(entries).map(([name, entry]) => [name, mergeFields(lower, entry)])),
      ] as const,
    ];
  });
  return toFields([...Object.entries(config), ...merged]);
}

/**
 * Where the value at a path of the merged config is written: at that path, or in `defaults`. A path that is written
 * nowhere is given back as it is.
 */
export function writtenAt(config: unknown, path: ConfigPath): ConfigPath {
  if (isWritten(config, path)) return path;
  const [key, , ...rest] = path;
  const kind = key === 'sources' || key === 'sinks' || key === 'pipelines' ? kinds[key] : undefined;
  const lower = kind === undefined ? path : ['defaults', kind, ...rest];
  return rest.length > 0 && isWritten(config, lower) ? lower : path;
}

/** True when the config itself has something at this path. */
export function isWritten(config: unknown, path: ConfigPath): boolean {
  let value = config;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as { readonly [step: string | number]: unknown })[step];
  }
  return true;
}

/** A map of these entries, the last of a name winning in the place of the first. */
export function toFields(entries: Iterable<readonly [string, unknown]>): Fields {
  const fields: { [key: string]: unknown } = Object.create(null);
  for (const [key, value] of entries) fields[key] = value;
  return fields;
}

/** One value over another: maps key by key, all else whole; a null removes what it lies over. */
export function mergeFields(lower: unknown, upper: unknown): unknown {
  if (!isFields(lower) || !isFields(upper)) return upper;
  // A null removes a default; where there is none to remove it is a mistake, and stays for the schema to find.
  const removed = new Set(
    Object.keys(upper).filter((key) => upper[key] === null && Object.hasOwn(lower, key)),
  );
  const own = Object.entries(upper).map(([key, value]) => [key, mergeFields(lower[key], value)] as const);
  return toFields([...Object.entries(lower), ...own].filter(([key]) => !removed.has(key)));
}
