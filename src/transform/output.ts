import type { Cell, Reject, Scope } from '../model/types.ts';
import type { MappedBatch } from './mapping.ts';
import type { Cells } from './row.ts';

/** What a batch becomes, while it does. */
export interface Output {
  readonly rows: Cells[];
  /** Of each row: the place of its record in the batch and, under `each`, of its element in the record. */
  readonly records: number[];
  readonly elements: number[];
  /** The place of the record at hand; under `replace_within`, the key of its rows' parent. */
  record: number;
  parent: readonly Cell[] | undefined;
  readonly scopes: Scope[];
  readonly tombstones: number[];
  readonly rejects: Reject[];
  skipped: number;
  defaulted: number;
  missing_each: number;
}

export function newOutput(): Output {
  return {
    rows: [],
    records: [],
    elements: [],
    record: 0,
    parent: undefined,
    scopes: [],
    tombstones: [],
    rejects: [],
    skipped: 0,
    defaulted: 0,
    missing_each: 0,
  };
}

/** Gives the rows that were made before a column appeared their place for it. */
export function widenRows(rows: readonly Cells[], width: number): void {
  for (const row of rows) while (row.length < width) row.push(undefined);
}

/** What came of a batch; with scopes under `replace_within`. `origin` takes the places of a record and its element. */
export function mappedBatch(
  output: Output,
  origin: (record: number, element: number) => ReturnType<MappedBatch['originOf']>,
  scoped: boolean,
): MappedBatch {
  const { rows, records, elements, scopes, tombstones, rejects, skipped, defaulted, missing_each } = output;
  const originOf = (row: number) => origin(records[row] ?? -1, elements[row] ?? 0);
  const mapped = { rows, tombstones, originOf, rejects, skipped, defaulted, missing_each };
  return scoped ? { ...mapped, scopes } : mapped;
}

/** What steps come to that are taken all at once. */
export function endOf<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** What tells whether a later row stands in the place of a reject. */
export function placeOf(
  key: readonly Cell[] | undefined,
  scoped: boolean,
  { rows, scopes, parent }: Output,
): Pick<Reject, 'key' | 'after'> {
  if (scoped) return { key: parent, after: scopes.length + 1 };
  return { key: key?.length === 0 ? undefined : key, after: rows.length };
}
