/** `examples/instantly-api` on the built daemon, its database read by another client. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LiveStanding } from '../../../src/daemon/api/control.ts';
import { query } from '../../e2e/cli.ts';
import { startDaemon } from '../../e2e/daemon-process.ts';
import { copyExample } from '../example.ts';
import { instantlyKey, startInstantly } from './fake.ts';
import { account, campaign, lead } from './records.ts';

it('runs daily at 9:00 on the daemon, as one run that the database has the log of', async () => {
  const instantly = await startInstantly();
  const one = campaign(1);
  instantly.campaigns.add(one);
  instantly.leads.add(lead(one.id, 1), lead(one.id, 2));
  instantly.accounts.add(account(1));
  const environment = {
    INSTANTLY_API_KEY: instantlyKey,
    INSTANTLY_URL: instantly.url,
    INSTANTLY_DB: 'instantly.db',
    SYNCLINE_LISTEN: '127.0.0.1:0',
  };
  const { folder } = await copyExample('instantly-api', environment);
  const path = join(folder, 'sync.config.yaml');
  const own = await readFile(path, 'utf8');
  const read = (sql: string) => query(join(folder, 'instantly.db'), sql);

  const daemon = await startDaemon(folder, environment);
  const { body } = await daemon.ask('/api/v1/status');
  for (const { nextRun } of body.pipelines as LiveStanding[]) expect(nextRun).toMatch(/T09:00:00\.000Z$/);

  // Nobody waits for a day here: a second does as well.
  await writeFile(path, own.replace('schedule: "0 9 * * *"', 'schedule: { every: 1s }'));
  const end = await daemon.event(({ type }) => type === 'run_finished');
  const { runId, status, pipelines = {} } = (end.type === 'run_finished' && end.result) || {};
  const names = Object.keys(pipelines);
  expect({ status, pipelines: names.length }).toEqual({ status: 'succeeded', pipelines: 9 });
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ exitCode: 143 });
  expect(read(`SELECT count(*) FROM leads WHERE sync_batch_id = '${runId}'`)).toEqual([[2]]);
  const logged = read(
    `SELECT step, count(*), count(DISTINCT json_extract(meta, '$.pipeline')), max(level) FROM sync_logs
     WHERE batch_id = '${runId}' GROUP BY 1 ORDER BY min(rowid)`,
  );
  expect(logged).toEqual([
    ['run_started', 1, 0, 'info'],
    ['pipeline_started', 9, 9, 'info'],
    ['pipeline_finished', 9, 9, 'info'],
    ['run_finished', 1, 0, 'info'],
  ]);
});
