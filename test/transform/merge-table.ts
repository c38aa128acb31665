import type { Cell, ColumnType, MergeFunction, Row, Scope, Strategy, Target } from '../../src/model/types.ts';
import { type Change, type Existing, type Folded, fold } from '../../src/transform/fold.ts';

/** A column of a target under test: `id: string` is the key, the others merge. */
export interface TestColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly strategy?: Strategy;
  readonly tracked?: boolean;
}

export function targetOf(
  columns: readonly TestColumn[],
  primary_key = [0],
  within?: readonly number[],
): Target {
  return {
    pipeline: 'people',
    name: 'people',
    mode: 'upsert',
    columns: columns.map((column) => ({
      strategy: { type: 'overwrite' },
      tracked: column.strategy?.type === 'keep_edits',
      ...column,
    })),
    primary_key,
    within,
    stamps: {},
    run: { id: 'run-1', started_at: '2024-01-01T00:00:00.000Z' },
  };
}

/** A target in memory that does what it is told, as a sink would, and in which a person can edit. */
export class MergeTable {
  readonly rows = new Map<string, Existing>();
  readonly #target: Target;
  readonly #functions: ReadonlyMap<string, MergeFunction> | undefined;

  constructor(target: Target, functions?: ReadonlyMap<string, MergeFunction>) {
    this.#target = target;
    this.#functions = functions;
  }

  commit(rows: readonly Row[], scopes?: readonly Scope[]): Folded {
    const batch = { target: this.#target, number: 1, rows, scopes };
    const folded = fold(batch, this.rows, this.#functions);
    for (const change of folded.changes) this.#apply(change);
    return folded;
  }

  #apply(change: Change): void {
    if (change.kind === 'delete') {
      this.rows.delete(change.key);
      return;
    }
    const row = change.row.map((cell) => cell ?? null);
    this.rows.set(change.key, { row, written: change.written ?? this.rows.get(change.key)?.written });
  }

  edit(key: string, place: number, cell: Cell): void {
    const known = this.rows.get(key);
    if (known !== undefined) this.rows.set(key, { ...known, row: known.row.with(place, cell) });
  }

  /** The cells of the only row. */
  get only(): Row | undefined {
    const [existing] = this.rows.values();
    return existing?.row;
  }
}
