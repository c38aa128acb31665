import { SyncError } from '../model/errors.ts';
import type { ColumnType } from '../model/types.ts';
import type { ReadyTarget } from './dialect.ts';
import type { Shape } from './journal-entry.ts';
import type { Session } from './session.ts';

/** A target to look up and write rows by, its stamps as plain columns behind the others; undefined without its table. */
export async function plainTarget(
  session: Session,
  name: string,
  { columns, key, stamps }: Pick<Shape, 'columns' | 'key' | 'stamps'>,
): Promise<ReadyTarget | undefined> {
  const table = await session.dialect.findTable(session, name);
  if (table === undefined) return undefined;
  const plain = (column: { readonly name: string; readonly type: ColumnType }) => {
    const declared = table.get(column.name)?.declared;
    if (declared === undefined) throw columnGone(session, name, column.name);
    return { ...column, strategy: { type: 'overwrite' as const }, tracked: false, declared };
  };
  return {
    pipeline: '',
    name,
    mode: 'upsert',
    columns: [...columns.map(plain), ...stamps.map((stamp) => plain({ name: stamp, type: 'string' }))],
    primary_key: key,
    stamps: {},
    run: { id: '', started_at: '' },
  };
}

function columnGone({ dialect }: Session, table: string, column: string): SyncError {
  return new SyncError(
    'undo/edited',
    `the table ${dialect.table(table)} has no column ${dialect.quote(column)} any more`,
    { hint: 'Add it again, as it was, and undo then.' },
  );
}
