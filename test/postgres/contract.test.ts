import { parseJson, printJson } from 'syncline';
import { sinkContract, sourceContract } from 'syncline/testing';
import { describe, test } from 'vitest';
import * as postgres from '../../plugins/postgres/index.ts';
import type { Cell, Column } from '../../src/model/types.ts';
import { freshDatabase, query, sharedDatabase } from '../kit/postgres.ts';

const records = [
  { id: 1, name: 'Ann', big: 9007199254740993n, at: '2026-01-02T03:04:05.123456Z' },
  { id: 2, name: null, big: 0, at: '0001-01-01T00:00:00Z' },
  { id: 3, name: 'Zoë 👍', big: -1, at: 'infinity' },
];

const filled = await sharedDatabase();
await query(
  filled,
  `CREATE TABLE rows (id integer PRIMARY KEY, name text, big bigint, at timestamptz);
   INSERT INTO rows VALUES (3, 'Zoë 👍', -1, 'infinity'), (1, 'Ann', 9007199254740993, '2026-01-02 03:04:05.123456Z'),
     (2, NULL, 0, '0001-01-01 00:00:00Z')`,
);

for (const stream of [
  { table: 'rows' },
  { table: 'public.rows' },
  { query: 'SELECT * FROM rows ORDER BY id;' },
])
  describe(`the postgres source, ${JSON.stringify(stream)}`, () => {
    sourceContract({
      test,
      definition: postgres.source,
      options: async () => ({ url: filled }),
      stream,
      records,
      unreadable: [
        { table: 'nowhere' },
        { query: 'SELECT nonsense FROM rows' },
        { query: 'DELETE FROM rows' },
        { query: 'SELECT 1 AS a; SELECT 2' },
        { query: 'SELECT id, id FROM rows' },
        { query: 'SELECT 1 / (id - 2) FROM rows' },
      ],
    });
  });

describe('the postgres sink', () => {
  let url = '';
  sinkContract({
    test,
    definition: postgres.sink,
    options: async () => {
      url = await freshDatabase();
      return { url };
    },
    makeUnique: async (target, column) => {
      await query(url, `CREATE UNIQUE INDEX ON "${target}" ("${column}");`);
    },
    read: async (target, columns) => {
      const names = columns.map(({ name }) => `"${name}"`).join(', ');
      const rows = await query(url, `SELECT ${names} FROM "${target}"`).catch(() => undefined);
      return rows?.map((row) => columns.map(({ type }, place) => stored(type, row[place] ?? null)));
    },
  });
});

/** What the server prints, as a cell: not by the code under test. */
function stored(type: Column['type'], text: string | null): Cell {
  if (text === null) return null;
  if (type === 'integer') return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  if (type === 'number') return Number(text);
  if (type === 'boolean') return text === 't';
  if (type === 'json') return printJson(parseJson(text));
  if (type !== 'timestamp') return text;
  const [day, time = ''] = text.replace(/\+00$/, '').split(' ');
  const [seconds, fraction = ''] = time.split('.');
  return `${day}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}
