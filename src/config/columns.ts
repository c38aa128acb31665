import { isDeepStrictEqual } from 'node:util';
import type { Field } from '../transform/mapping.ts';
import { parsePath } from '../transform/path.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { listNames, printShort } from './quote.ts';
import { didYouMean } from './suggest.ts';

/** What is known of a pipeline's columns before any record was read. */
export interface Columns {
  readonly fields: ReadonlyMap<string, Field>;
  /** True when the records may bring others: without `map`, and under `rest: keep`. */
  readonly open: boolean;
}

export function columnsOf(fields: readonly Field[] | undefined, rest: 'keep' | 'drop'): Columns {
  const named = (fields ?? []).map((field) => [field.column, field] as const);
  return { fields: new Map(named), open: fields === undefined || rest === 'keep' };
}

/** Refuses a column that no mapping gives, where that is sure. */
export function requireColumn(
  columns: Columns,
  name: string,
  path: ConfigPath,
  findings: Findings,
  what?: 'key',
): void {
  if (columns.open || columns.fields.has(name)) return;
  const meant = didYouMean(name, columns.fields.keys());
  const help =
    meant === undefined
      ? `The columns of \`map\`: ${listNames(columns.fields.keys())}.`
      : `did you mean "${meant}"?`;
  const message = `${printShort(name)} is not a column: \`map\` does not have it`;
  findings.error({ path, what, code: 'config/column', message, help });
}

/** The columns that take the stream's key over; undefined when one of its fields is not mapped as it is. */
export function mappedKey(
  key: readonly string[],
  fields: readonly Field[] | undefined,
  rest: 'keep' | 'drop',
): readonly string[] | undefined {
  const paths = (fields ?? []).flatMap(({ column, from }) =>
    from === undefined ? [] : [{ column, ...parsePath(from) }],
  );
  const columns = key.map((text) => {
    const { names } = parsePath(text);
    const mapped = paths.find(
      ({ root, names: read }) => (root === 'item' || root === 'record') && isDeepStrictEqual(read, names),
    );
    if (mapped !== undefined) return mapped.column;
    const open =
      fields === undefined ||
      (rest === 'keep' && !paths.some((path) => path.root === 'item' && path.names[0] === names[0]));
    return open && names.length === 1 ? names[0] : undefined;
  });
  return columns.every((column) => column !== undefined) ? columns : undefined;
}
