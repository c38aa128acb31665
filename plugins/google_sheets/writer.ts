import {
  type Cell,
  type Committed,
  type Existing,
  fold,
  keyOf,
  loadFunctions,
  type Row,
  type RowBatch,
  type Change as RowChange,
  type RowCounts,
  RowsRefused,
  SyncError,
  type Target,
  type TargetRequest,
  type Writer,
} from 'syncline';
import { longestText } from './cells.ts';
import {
  appendChange,
  headerChanges,
  type Layout,
  layoutOf,
  removeChanges,
  updateChanges,
} from './changes.ts';
import { type Change, type Spreadsheet, type Tab, tabOf } from './spreadsheet.ts';
import { SheetTable } from './table.ts';

/** After so many answers that leave it open what was done, the server is taken for broken. */
const mostTries = 3;

/** Writes rows into one sheet. Each commit reads it first: people edit it meanwhile. */
export function openWriter(spreadsheet: Spreadsheet, { memory }: TargetRequest): Writer {
  return {
    async commit(batch) {
      const rows = checkedRows(batch);
      for (let tries = 1; ; tries++) {
        const done = await write(spreadsheet, { ...batch, rows }, memory);
        if (done !== 'unclear') return done;
        // The rows of a key that did land are found the next time.
        if (batch.target.mode === 'append' || tries === mostTries) throw unknownEnd(batch.target);
      }
    },
    close: async () => undefined,
  };
}

/** One change of the spreadsheet, whole or not at all. */
async function write(
  spreadsheet: Spreadsheet,
  batch: RowBatch,
  memory: TargetRequest['memory'],
): Promise<Committed | 'unclear'> {
  const { target } = batch;
  const { tab, schema_changes } = await tabFor(spreadsheet, target.name);
  const table = new SheetTable((await spreadsheet.rows(target.name, 'plain')) ?? [], target);
  const layout = layoutOf(table, target);
  const { changes, counts, remembered } =
    target.mode === 'append' ? appended(batch, layout, tab) : await merged(batch, layout, tab, table, memory);
  const all = [...headerChanges(layout, tab, table.head), ...changes];
  if (all.length > 0) {
    const isRepeatable = all.every((change) => 'updateCells' in change);
    if ((await spreadsheet.change(all, target.name, isRepeatable)) === 'unclear') return 'unclear';
  }
  await memory?.remember(target, remembered);
  const added = layout.added.map((name) => `column "${name}" added`);
  return { ...counts, schema_changes: [...schema_changes, ...added] };
}

interface Work {
  readonly changes: readonly Change[];
  readonly counts: RowCounts;
  readonly remembered: readonly RowChange[];
}

function appended({ rows }: RowBatch, layout: Layout, tab: Tab): Work {
  const counts = { inserted: rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0 };
  return { changes: appendChange(layout, tab, rows), counts, remembered: [] };
}

async function merged(
  batch: RowBatch,
  layout: Layout,
  tab: Tab,
  table: SheetTable,
  memory: TargetRequest['memory'],
): Promise<Work> {
  const { target } = batch;
  const there = table.rowsByKey(mattersTo(batch));
  const known = await memory?.read(target, [...there.keys()]);
  const existing = new Map(
    [...there].map(([key, { row }]): [string, Existing] => [key, { row, written: known?.get(key) }]),
  );
  const folded = fold(batch, existing, await loadFunctions(target));
  const placeOf = ({ key }: RowChange) => there.get(key)?.place ?? 0;
  const updates = folded.changes.flatMap((change) =>
    change.kind === 'update' ? updateChanges(layout, tab, placeOf(change), change) : [],
  );
  const gone = folded.changes.filter(({ kind }) => kind === 'delete').map(placeOf);
  const inserts = folded.changes.flatMap((change) => (change.kind === 'insert' ? [change.row] : []));
  return {
    changes: [...updates, ...removeChanges(tab, gone), ...appendChange(layout, tab, inserts)],
    counts: folded.counts,
    remembered: folded.changes,
  };
}

/** Which rows of a sheet the fold of a batch may touch: those of its keys, and those of its scopes' parents. */
function mattersTo({ target, rows, scopes = [] }: RowBatch): (key: string, row: Row) => boolean {
  const { primary_key, within = [] } = target;
  const keys = new Set(rows.map((row) => keyOf(tupleOf(row, primary_key))));
  const parents = new Set(scopes.filter(({ withhold }) => !withhold).map(({ parent }) => keyOf(parent)));
  return (key, row) => keys.has(key) || (parents.size > 0 && parents.has(keyOf(tupleOf(row, within))));
}

function tupleOf(row: Row, places: readonly number[]): Cell[] {
  return places.map((place) => row[place] ?? null);
}

/** The sheet of a target, made where there is none. */
async function tabFor(
  spreadsheet: Spreadsheet,
  title: string,
): Promise<{ readonly tab: Tab; readonly schema_changes: readonly string[] }> {
  const { tabs } = await spreadsheet.describe();
  const tab = tabs.find((one) => one.title === title);
  if (tab !== undefined) return { tab, schema_changes: [] };
  const outcome = await spreadsheet.change([{ addSheet: { properties: { title } } }], title, false);
  if (outcome === 'unclear') throw unknownEnd({ name: title });
  const [reply] = outcome.replies as unknown as readonly { readonly addSheet: Parameters<typeof tabOf>[0] }[];
  if (reply === undefined) throw unknownEnd({ name: title });
  return { tab: tabOf(reply.addSheet), schema_changes: ['sheet created'] };
}

/** A sheet has no text that is empty: it is null there, and is so before it is compared. */
function checkedRows({ target: { columns, primary_key, name }, rows }: RowBatch): readonly Row[] {
  const refused = rows.flatMap((cells, row) =>
    cells.flatMap((cell, place) => {
      const field = columns[place]?.name;
      if (cell === '' && primary_key.includes(place))
        return [{ row, field, reason: 'an empty text is no key in a sheet' }];
      const isLong = typeof cell === 'string' && cell.length > longestText;
      return isLong ? [{ row, field, reason: `a cell holds ${longestText} characters at most` }] : [];
    }),
  );
  if (refused.length > 0)
    throw new RowsRefused(`the sheet "${name}" cannot hold ${refused.length} cells`, refused);
  return rows.map((row) => (row.includes('') ? row.map((cell) => (cell === '' ? null : cell)) : row));
}

function unknownEnd({ name }: Pick<Target, 'name'>): SyncError {
  return new SyncError(
    'sink/write_failed',
    `the sheet "${name}" may have been written or not: the server did not say`,
    { hint: 'Look at the sheet, then run again: rows with a key are found there and not added twice.' },
  );
}
