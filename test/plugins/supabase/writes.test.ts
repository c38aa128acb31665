import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sink } from '../../../plugins/supabase/index.ts';
import type { OpenSink, Row } from '../../../src/index.ts';
import { context } from '../../../src/testing/suite.ts';
import { batchOf, columns, run, type TargetShape, write } from '../../../src/testing/target.ts';
import { slowCases } from '../../counts.ts';
import { query } from '../../kit/postgres.ts';
import { type PostgRestServer, startPostgRest } from '../../kit/postgrest.ts';

const people = 'id bigint PRIMARY KEY, name text, seen bigint, tags jsonb';
const upsert: TargetShape = { mode: 'upsert', key: [0] };

async function served(table = people, most?: number) {
  const server = await startPostgRest(most);
  if (table !== '') await query(server.database, `CREATE TABLE rows (${table});`);
  return { server, ...(await opened(server)) };
}

async function opened(server: PostgRestServer, more: object = {}) {
  const retry = { initial: '1ms', max: '1ms', attempts: 3 };
  const open = (key: string): Promise<OpenSink> =>
    sink.open({ url: server.url, key, retry, rate_limit: { key: server.url }, ...more }, context());
  return { sink: await open(server.key), open };
}

const stored = (server: PostgRestServer) =>
  query(server.database, 'SELECT id, name, seen, tags FROM rows ORDER BY id');
const sent = (server: PostgRestServer, method: string) =>
  server.requests.filter((request) => request.method === method);

describe('what it sends', () => {
  it('is nothing for rows that are as they were, and of others the cells that changed', async () => {
    const { server, sink } = await served();
    const row = (seen: number): Row => [1, 'a', seen, '{"b":1}'];
    await write(sink, upsert, [[row(1), [2, 'b', 2, null]]]);
    await query(server.database, "UPDATE rows SET name = 'by hand' WHERE id = 2;");
    await write(sink, upsert, [[row(5), [2, undefined, 2, null]]]);
    const bodies = sent(server, 'POST').map(({ body }) => JSON.parse(body));
    expect(bodies.slice(1)).toEqual([[{ id: 1, seen: 5 }]]);
    expect(await stored(server)).toEqual([
      ['1', 'a', '5', '{"b": 1}'],
      ['2', 'by hand', '2', null],
    ]);
  });

  it('holds what may not be null, changed or not', async () => {
    const { server, sink } = await served(
      'id bigint PRIMARY KEY, name text NOT NULL, seen bigint, tags jsonb',
    );
    await write(sink, upsert, [[[1, 'a', 1, null]]]);
    await write(sink, upsert, [[[1, 'a', 2, null]]]);
    expect(await stored(server)).toEqual([['1', 'a', '2', null]]);
  });

  it('leaves a default to a new row whose cell is missing, among rows that have one', async () => {
    const { server, sink } = await served(
      "id bigint PRIMARY KEY, name text DEFAULT 'new', seen bigint, tags jsonb",
    );
    const rows: Row[] = [
      [1, 'a', 1, null],
      [2, undefined, 1, null],
    ];
    await write(sink, upsert, [rows]);
    expect((await stored(server)).map(([, name]) => name)).toEqual(['a', 'new']);
  });

  it('goes again when the server fails after it had written, and changes nothing more', async () => {
    const { server, sink } = await served();
    server.fail('POST', 503, true);
    await write(sink, upsert, [[[1, 'a', 1, null]]]);
    expect(await stored(server)).toHaveLength(1);
    expect(sent(server, 'POST')).toHaveLength(2);
  });

  it('does not go again where rows would be added twice', async () => {
    const { server, sink } = await served('id bigint, name text, seen bigint, tags jsonb');
    server.fail('POST', 503, true);
    await expect(write(sink, { mode: 'append' }, [[[1, 'a', 1, null]]])).rejects.toMatchObject({
      code: 'http/status',
      message: expect.stringContaining('/rest/v1/rows answered 503'),
    });
    expect(await stored(server)).toHaveLength(1);
  });

  it('deletes by key', async () => {
    const { server, sink } = await served();
    await write(sink, upsert, [[1, 2, 3].map((id): Row => [id, 'a', id, null])]);
    const batch = batchOf(upsert, [[2, undefined, undefined, undefined]], 2);
    const writer = await sink.begin({ name: 'rows', mode: 'upsert', run });
    expect(await writer.commit({ ...batch, tombstones: [0] })).toMatchObject({ deleted: 1 });
    expect((await stored(server)).map(([id]) => id)).toEqual(['1', '3']);
  });

  it('keeps JSON in a column of text, and a timestamp in one without a zone', async () => {
    const { server, sink } = await served('id bigint PRIMARY KEY, raw text, at timestamp');
    const shape: TargetShape = {
      ...upsert,
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'raw', type: 'json' },
        { name: 'at', type: 'timestamp' },
      ],
    };
    const rows: Row[] = [
      [1, '{"big":9007199254740993}', '2026-01-02T03:04:05.600000Z'],
      [2, '"5"', null],
    ];
    await write(sink, shape, [rows]);
    expect(await query(server.database, 'SELECT raw, at FROM rows')).toEqual([
      ['{"big":9007199254740993}', '2026-01-02 03:04:05.6'],
      ['"5"', null],
    ]);
    expect(await write(sink, shape, [rows])).toMatchObject({ unchanged: 2, updated: 0 });
  });
});

describe('the lookup', () => {
  it('reads on where the server gives fewer rows than there are', async () => {
    const { server, sink } = await served(people, 5);
    const rows = Array.from({ length: 23 }, (_, id): Row => [id, 'a', id, null]);
    await write(sink, upsert, [rows]);
    expect(await write(sink, upsert, [rows])).toMatchObject({ unchanged: 23, inserted: 0 });
    expect(sent(server, 'GET').some(({ url }) => url.includes('offset=20'))).toBe(true);
  });

  it('asks with addresses of less than 4 KB, for keys of any characters', async () => {
    const { server, sink } = await served(
      '"limit" text, "a.b,(c)" text, n bigint, PRIMARY KEY ("limit", "a.b,(c)")',
    );
    const shape: TargetShape = {
      mode: 'upsert',
      key: [0, 1],
      columns: [
        { name: 'limit', type: 'string' },
        { name: 'a.b,(c)', type: 'string' },
        { name: 'n', type: 'integer' },
      ],
    };
    const rows = Array.from({ length: 300 }, (_, n): Row => [`é "${n}" \\ , ) `, 'null', n]);
    expect(await write(sink, shape, [rows])).toMatchObject({ inserted: 300 });
    expect(await write(sink, shape, [rows])).toMatchObject({ unchanged: 300 });
    const lengths = server.requests.map(({ url }) => url.length);
    expect(Math.max(...lengths)).toBeLessThan(4_096);
  });
});

describe('errors', () => {
  it('show the table to create, with what PostgREST says, before anything is sent', async () => {
    const { server, sink } = await served('');
    await expect(write(sink, upsert, [[[1, 'a', 1, null]]])).rejects.toMatchObject({
      code: 'sink/table_missing',
      message: `table "rows" is not there (404, PGRST205: Could not find the table 'public.rows' in the schema cache)`,
      hint: expect.stringContaining(
        'CREATE TABLE "rows" ("id" bigint, "name" text, "seen" bigint, "tags" jsonb, PRIMARY KEY ("id"));',
      ),
    });
    expect(sent(server, 'POST')).toEqual([]);
  });

  it('show the column to add', async () => {
    const { server, sink } = await served('id bigint PRIMARY KEY, name text, seen bigint');
    await expect(write(sink, upsert, [[[1, 'a', 1, null]]])).rejects.toMatchObject({
      code: 'sink/column_missing',
      message: 'table "rows" has no column "tags"',
      hint: expect.stringContaining('ALTER TABLE "rows" ADD COLUMN "tags" jsonb;'),
    });
    expect(sent(server, 'POST')).toEqual([]);
  });

  it('name a column whose type would change values', async () => {
    const { sink } = await served('id bigint PRIMARY KEY, name text, seen real, tags jsonb');
    await expect(write(sink, upsert, [[[1, 'a', 1, null]]])).rejects.toMatchObject({
      code: 'schema/type',
      message: expect.stringContaining('column "seen" of table "rows" is of type real'),
    });
  });

  it('say that the key has to be unique', async () => {
    const { sink } = await served('id bigint, name text, seen bigint, tags jsonb');
    await expect(write(sink, upsert, [[[1, 'a', 1, null]]])).rejects.toMatchObject({
      code: 'schema/target',
      message: expect.stringMatching(/table "rows" answered 400, 42P10: /),
    });
  });

  it('name the table and the status of a wrong key, and of a schema that is not exposed', async () => {
    const { server, open } = await served();
    const wrong = await open('wrong');
    await expect(wrong.begin({ name: 'rows', mode: 'upsert', run })).rejects.toMatchObject({
      code: 'http/unauthorized',
      message: expect.stringMatching(/answered 401 Unauthorized: .*Invalid API key/),
    });
    const { sink: hidden } = await opened(server, { schema: 'hidden' });
    await expect(hidden.discover('rows')).rejects.toMatchObject({
      code: 'schema/target',
      message: expect.stringMatching(/answered 406, PGRST106: /),
    });
  });

  it('tell columns by the schema that is named', async () => {
    const { server } = await served('');
    await query(
      server.database,
      'CREATE SCHEMA crm; CREATE TABLE crm.deals (id bigint, at timestamptz, tags text[]);',
    );
    const { sink } = await opened(server, { schema: 'crm' });
    expect((await sink.discover('deals'))?.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'integer'],
      ['at', 'timestamp'],
      ['tags', 'json'],
    ]);
    expect(await sink.discover('rows')).toBeUndefined();
    expect(await sink.check?.()).toMatchObject({ detail: expect.stringContaining('1 tables') });
  });
});

it('gives the same table however the rows are cut into batches', async () => {
  const cell = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
  const row = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    cell,
  );
  const rows = fc.array(
    row.map(([id, name, seen]): Row => [id, name, seen, null]),
    { maxLength: 12 },
  );
  const shape: TargetShape = {
    ...upsert,
    columns,
    strategies: { seen: 'max', name: 'first_non_null_value' },
  };
  const { server, sink } = await served();
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 12 }), async (all, size) => {
      const results = [];
      for (const step of [size, 12]) {
        await query(server.database, 'DELETE FROM rows;');
        const cut = Array.from({ length: Math.ceil(all.length / step) }, (_, at) =>
          all.slice(at * step, (at + 1) * step),
        );
        await write(sink, shape, cut);
        results.push(await stored(server));
      }
      expect(results[0]).toEqual(results[1]);
    }),
    { numRuns: slowCases * 3 },
  );
});
