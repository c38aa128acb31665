import { describe, expect, onTestFinished, test } from 'vitest';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { processes } from '../counts.ts';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, otherSession, query, waiting } from '../kit/postgres.ts';
import { commitRows, type TargetShape } from '../sql/support.ts';

const shape: TargetShape = {
  columns: [
    ['id', 'integer'],
    ['name', 'string'],
  ],
};

async function sinkOf(url: string, patience = 30_000): Promise<OpenSink> {
  const sink = await openPostgresTargets({ url, directory: '/', patience });
  onTestFinished(() => sink.close());
  return sink;
}

describe('another session', () => {
  test('that changes a row is waited for, and its change is merged into', async () => {
    const url = await freshDatabase();
    const sink = await sinkOf(url);
    await commitRows(sink, shape, [[1, 'a']]);
    const other = await otherSession(url);
    await other.query('BEGIN');
    await other.query(`UPDATE rows SET name = 'theirs' WHERE id = 1`);
    const max: TargetShape = {
      columns: [
        ['id', 'integer'],
        ['name', 'string', 'max'],
      ],
    };
    const commit = commitRows(sink, max, [[1, 'b']], { number: 2 });
    await waiting(other);
    await other.query('COMMIT');
    expect(await commit).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await query(url, 'SELECT name FROM rows')).toEqual([['theirs']]);
  });

  test('that keeps a row locked ends in sql/locked, and nothing is written', async () => {
    const url = await freshDatabase();
    const sink = await sinkOf(url, 1000);
    await commitRows(sink, shape, [[1, 'a']]);
    const other = await otherSession(url);
    await other.query('BEGIN');
    await other.query('SELECT * FROM rows FOR UPDATE');
    await expect(
      commitRows(
        sink,
        shape,
        [
          [2, 'b'],
          [1, 'c'],
        ],
        { number: 2 },
      ),
    ).rejects.toMatchObject({ code: 'sql/locked' });
    await other.query('COMMIT');
    expect(await query(url, 'SELECT * FROM rows')).toEqual([['1', 'a']]);
    expect(await commitRows(sink, shape, [[1, 'c']], { number: 2 })).toMatchObject({ updated: 1 });
  });

  test('that inserts the same key first is merged into', async () => {
    const url = await freshDatabase();
    const sink = await sinkOf(url);
    await commitRows(sink, shape, []);
    const other = await otherSession(url);
    await other.query('BEGIN');
    await other.query(`INSERT INTO rows VALUES (1, 'theirs')`);
    const keeping: TargetShape = {
      columns: [
        ['id', 'integer'],
        ['name', 'string', 'first_value'],
      ],
    };
    const commit = commitRows(
      sink,
      keeping,
      [
        [1, 'ours'],
        [2, 'ours'],
      ],
      { number: 2 },
    );
    await waiting(other);
    await other.query('COMMIT');
    expect(await commit).toMatchObject({ inserted: 1, unchanged: 1 });
    expect(await query(url, 'SELECT id, name FROM rows ORDER BY id')).toEqual([
      ['1', 'theirs'],
      ['2', 'ours'],
    ]);
  });
});

test('an older fence is refused, and the rows stay', async () => {
  const url = await freshDatabase();
  const sink = await sinkOf(url);
  await commitRows(sink, shape, [[1, 'a']], { ledger: { fence: 7, basis: '', checkpoint: {} } });
  const older = commitRows(sink, shape, [[1, 'b']], {
    number: 2,
    ledger: { fence: 6, basis: '', checkpoint: {} },
  });
  await expect(older).rejects.toMatchObject({ code: 'lease/lost' });
  expect(await query(url, 'SELECT name FROM rows')).toEqual([['a']]);
});

test('processes that start at once into one table leave every row once, and all succeed', async () => {
  const url = await freshDatabase();
  const rows = Array.from({ length: 2_000 }, (_, id) => `${JSON.stringify({ id, name: `name ${id}` })}\n`);
  const ended = await Promise.all(
    Array.from({ length: processes }, async (_, number) => {
      // Each with a state of its own, as on machines of their own: only the database is between them.
      const folder = await folderWith({
        'rows.jsonl': rows.join(''),
        'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { rows${number}: { from: files.rows, to: db.public.rows, primary_key: id, batch_size: 100 } }
`,
      });
      return syncline(folder, ['run', '--quiet']);
    }),
  );
  expect(ended).toEqual(ended.map(() => ({ code: 0, stdout: '', stderr: '' })));
  expect(await query(url, 'SELECT count(*), count(DISTINCT id), max(name) FROM rows')).toEqual([
    ['2000', '2000', 'name 999'],
  ]);
});
