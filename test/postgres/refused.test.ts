import { expect, onTestFinished, test } from 'vitest';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, otherSession, query, waiting } from '../kit/postgres.ts';
import { commitRows, type TargetShape } from '../sql/support.ts';

const shape: TargetShape = {
  columns: [
    ['id', 'integer'],
    ['name', 'string'],
    ['parent', 'integer'],
  ],
};

const table = `CREATE TABLE parents (id bigint PRIMARY KEY); INSERT INTO parents VALUES (1);
  CREATE TABLE rows (id bigint PRIMARY KEY, name text NOT NULL CONSTRAINT one_name UNIQUE,
    parent bigint REFERENCES parents, CONSTRAINT small CHECK (id < 100));`;

async function opened(sql: string): Promise<{ url: string; sink: OpenSink }> {
  const url = await freshDatabase();
  await query(url, sql);
  const sink = await openPostgresTargets({ url, directory: '/' });
  onTestFinished(() => sink.close());
  return { url, sink };
}

test('every row that a constraint refuses is named, with the column where the server tells it', async () => {
  const { url, sink } = await opened(table);
  await commitRows(sink, shape, [[1, 'a', null]]);
  const commit = commitRows(
    sink,
    shape,
    [
      [2, 'b', 1],
      [3, 'a', null],
      [4, null, null],
      [5, 'e', 7],
      [100, 'f', null],
      [6, 'b', null],
      [7, 'g', null],
    ],
    { number: 2 },
  );
  await expect(commit).rejects.toMatchObject({
    code: 'sql/constraint',
    rows: [
      { row: 1, field: 'name', reason: expect.stringContaining('one_name') },
      { row: 2, field: 'name', reason: expect.stringContaining('not-null') },
      { row: 3, field: 'parent', reason: expect.stringContaining('rows_parent_fkey') },
      { row: 4, reason: expect.stringContaining('small') },
      { row: 5, field: 'name', reason: expect.stringContaining('one_name') },
    ],
  });
  expect(await query(url, 'SELECT id FROM rows')).toEqual([['1']]);
});

test('rows that are only in each other’s way are written one after the other', async () => {
  const { url, sink } = await opened(table);
  await commitRows(sink, shape, [
    [1, 'a', null],
    [2, 'b', null],
  ]);
  const moved = [
    [2, 'c', null],
    [1, 'b', null],
  ];
  expect(await commitRows(sink, shape, moved, { number: 2 })).toMatchObject({ updated: 2 });
  expect(await query(url, 'SELECT id, name FROM rows ORDER BY id')).toEqual([
    ['1', 'b'],
    ['2', 'c'],
  ]);
});

test('a row that another session inserts meanwhile is merged into, not refused', async () => {
  const { url, sink } = await opened(table);
  await commitRows(sink, shape, []);
  const other = await otherSession(url);
  await other.query('BEGIN');
  await other.query(`INSERT INTO rows VALUES (1, 'theirs')`);
  const rows = [
    [100, 'z', null],
    [1, 'ours', null],
  ];
  const commit = commitRows(sink, shape, rows, { number: 2 });
  const ended = expect(commit).rejects.toMatchObject({ rows: [{ row: 0 }] });
  // A transaction would see only those sessions that were there when it first looked.
  await waiting(await otherSession(url));
  await other.query('COMMIT');
  await ended;
});

test('a run makes rejects of them, and writes the rest', async () => {
  const url = await freshDatabase();
  await query(url, table);
  const names = ['a', 'b', 'a', 'c'];
  const folder = await folderWith({
    'rows.jsonl': names.map((name, id) => `${JSON.stringify({ id, name, parent: null })}\n`).join(''),
    'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines:
  rows:
    from: files.rows
    to: db.rows
    primary_key: id
    map: { id: { from: id, type: integer }, name: name, parent: { from: parent, type: integer } }
`,
  });
  const { code, stdout } = await syncline(folder, ['run', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ pipelines: { rows: { read: 4, inserted: 3, rejected: 1 } } });
  expect(code).toBe(3);
  expect(await query(url, 'SELECT id, name FROM rows ORDER BY id')).toEqual([
    ['0', 'a'],
    ['1', 'b'],
    ['3', 'c'],
  ]);
  await query(url, `UPDATE rows SET name = 'free' WHERE id = 0;`);
  expect(await syncline(folder, ['rejects', 'retry'])).toMatchObject({ code: 0 });
  expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['4']]);
});

const raising = `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN IF NEW.v = 'bad' THEN RAISE EXCEPTION 'no % here', NEW.v; END IF; RETURN NULL; END $$;`;

/** A column, a value it refuses, and one it takes. */
const refusals: readonly [what: string, sql: string, bad: string, good: string, reason: string][] = [
  ['too long a text', 'CREATE TABLE rows (id text PRIMARY KEY, v varchar(3))', 'long', 'abc', 'varying(3)'],
  [
    'no member of an enum',
    `CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE rows (id text PRIMARY KEY, v mood)`,
    'bad',
    'ok',
    'mood',
  ],
  [
    'no uuid',
    'CREATE TABLE rows (id text PRIMARY KEY, v uuid)',
    'x',
    '00000000-0000-4000-8000-0123456789ab',
    'uuid',
  ],
  [
    'an exception of a trigger',
    `CREATE TABLE rows (id text PRIMARY KEY, v text); ${raising}
    CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON rows FOR EACH ROW EXECUTE FUNCTION refuse()`,
    'bad',
    'ok',
    'no bad here',
  ],
];

test.each(refusals)(
  'a row is refused by name, and the others could be written: %s',
  async (_what, sql, bad, good, reason) => {
    const { sink, url } = await opened(`${sql};`);
    const columns: TargetShape = {
      columns: [
        ['id', 'string'],
        ['v', 'string'],
      ],
    };
    const commit = commitRows(sink, columns, [
      ['0', good],
      ['1', bad],
      ['2', good],
    ]);
    await expect(commit).rejects.toMatchObject({
      rows: [{ row: 1, reason: expect.stringContaining(reason) }],
    });
    expect(await query(url, 'SELECT id FROM rows')).toEqual([]);
  },
);

const judgedAtTheEnd: typeof refusals = [
  [
    'an exception at the end of the transaction',
    `CREATE TABLE rows (id text PRIMARY KEY, v text); ${raising}
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON rows DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse()`,
    'bad',
    'ok',
    'no bad here',
  ],
  [
    'a foreign key that is judged at the end',
    `CREATE TABLE others (v text PRIMARY KEY); INSERT INTO others VALUES ('ok');
    CREATE TABLE rows (id text PRIMARY KEY, v text REFERENCES others DEFERRABLE INITIALLY DEFERRED)`,
    'bad',
    'ok',
    'rows_v_fkey',
  ],
];

test.each(judgedAtTheEnd)(
  'a run makes a reject of it, and writes the rest: %s',
  async (_what, sql, bad, good, reason) => {
    const url = await freshDatabase();
    await query(url, `${sql};`);
    const folder = await folderWith({
      'rows.jsonl': [good, bad, good, good]
        .map((v, id) => `${JSON.stringify({ id: String(id), v })}\n`)
        .join(''),
      'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { rows: { from: files.rows, to: db.rows, primary_key: id } }
`,
    });
    const { code, stdout } = await syncline(folder, ['run', '--json']);
    expect({ code, ...JSON.parse(stdout).pipelines.rows }).toMatchObject({
      code: 3,
      inserted: 3,
      rejected: 1,
    });
    const [reject] = JSON.parse((await syncline(folder, ['rejects', 'show', '--json'])).stdout);
    expect(reject).toMatchObject({ record: { id: '1' }, reason: expect.stringContaining(reason) });
    expect(await query(url, 'SELECT id FROM rows ORDER BY id')).toEqual([['0'], ['2'], ['3']]);
  },
);
