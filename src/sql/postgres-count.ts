import type { RowsCounted } from '../plugin/contract.ts';
import { countRows } from './counting.ts';
import type { Postgres } from './postgres.ts';
import { sessionOf } from './postgres-session.ts';

/** Counts the rows of a target, those marked in this column apart; aborted, the server is told to leave it. */
export async function countTarget(
  database: Postgres,
  target: string,
  mark: string | undefined,
  signal: AbortSignal,
): Promise<RowsCounted | undefined> {
  signal.throwIfAborted();
  const [schemas, ledger] = [await database.schemas(), await database.ledgerOf(target)];
  const client = await database.open();
  let leave = () => {};
  try {
    const { rows } = await client.query<[number]>({ text: 'SELECT pg_backend_pid()', rowMode: 'array' });
    const counting = countRows(sessionOf(client, schemas, ledger), target, mark);
    const aborted = new Promise<never>((_, reject) => {
      leave = () => {
        reject(signal.reason);
        endStatement(database, rows[0]).catch(() => undefined);
      };
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
    const counted = await Promise.race([counting, aborted]);
    await database.release(client);
    return counted;
  } catch (error) {
    database.abandon(client);
    throw database.toError(error);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** A server goes on with a statement whose connection was closed, until it has something to say. */
async function endStatement(database: Postgres, backend: readonly number[] | undefined): Promise<void> {
  const other = await database.open();
  await other
    .query('SELECT pg_cancel_backend($1)', [...(backend ?? [])])
    .finally(() => database.abandon(other));
}
