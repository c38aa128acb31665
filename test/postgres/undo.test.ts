import fc from 'fast-check';
import type pg from 'pg';
import { it } from 'vitest';
import { serverScenarios } from '../counts.ts';
import { freshDatabase, otherSession, queryWith } from '../kit/postgres.ts';
import type { HistoryDatabase } from '../properties/history.ts';
import { plansAndUndoes } from '../properties/plans.ts';

/** The schema of the connection, emptied, so that each case begins with nothing. */
async function historyIn(url: string, client: pg.Client): Promise<HistoryDatabase> {
  const query = (sql: string, values: readonly unknown[] = []) => queryWith(client, sql, values);
  await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  return {
    sink: `{ type: postgres, url: "${url}" }`,
    rowsStay: false,
    words: { nul: "E'a\\tb'", blob: "'\\x00ff'", number: '7' },
    columns: async (table) => {
      const sql = `SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`;
      return (await query(sql, [table])).flat().map(String);
    },
    literal: (name) => `quote_nullable(${name}::text)`,
    all: (sql) =>
      query(sql).catch((error: unknown) => {
        if (/does not exist/.test(String(error))) return [];
        throw error;
      }),
    async write(statements) {
      if (statements.length > 0) await query(statements.join(';'));
    },
    close: async () => undefined,
  };
}

it('plans what the run then does, and undoes every run to what was before it', async () => {
  const url = await freshDatabase();
  const client = await otherSession(url);
  const property = plansAndUndoes(() => historyIn(url, client));
  await fc.assert(property, { numRuns: serverScenarios, endOnFailure: true });
});
