import type { Cell, Row } from '../model/types.ts';
import type { ReadyTarget, RowPlace } from './dialect.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** The rows that lie at these places, by them. */
export async function appendedRows(
  session: Session,
  target: ReadyTarget,
  place: RowPlace,
  places: readonly Cell[],
): Promise<Map<Cell, Row>> {
  const { dialect } = session;
  const rows = new Map<Cell, Row>();
  const columns = target.columns.map(({ name }) => dialect.readable(`t.${dialect.quote(name)}`));
  for (const chunk of dialect.inChunks(places, 1)) {
    const tuples = dialect.tuples(
      chunk.map((each) => [each]),
      [place.declared],
    );
    const sql = `SELECT t.${place.name}, ${columns.join(', ')} FROM (${tuples.sql}) AS v
      ${dialect.join} ${dialect.table(target.name)} AS t ON t.${place.name} = v.column1`;
    for (const [id = null, ...values] of await session.all(sql, tuples.parameters)) {
      const cells = target.columns.map(({ type }, index) => dialect.toCell(type, values[index] as SqlValue));
      rows.set(id as Cell, cells);
    }
  }
  return rows;
}
