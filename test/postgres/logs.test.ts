import { expect, test } from 'vitest';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, query } from '../kit/postgres.ts';

test('runs are logged to a table of the sink, and lines that are too old go', async () => {
  const url = await freshDatabase();
  const folder = await folderWith({
    'rows.jsonl': '{"id":1}\n',
    'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { rows: { from: files.rows, to: db.rows, primary_key: id } }
logs: { keep: 3d, database: { to: db.sync_logs } }
`,
  });
  const logged = () => query(url, 'SELECT step, batch_id FROM sync_logs ORDER BY created_at, step');
  await syncline(folder, ['run', '--quiet']);
  const first = await logged();
  expect(first.map(([step]) => step)).toContain('run_finished');
  await query(url, `UPDATE sync_logs SET created_at = created_at - interval '4 days';`);
  await syncline(folder, ['run', '--quiet']);
  const second = await logged();
  expect(second).toHaveLength(first.length);
  expect(second.map(([, run]) => run)).not.toContain(first[0]?.[1]);
});
