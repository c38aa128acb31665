import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Statistics } from '../../src/engine/statistics.ts';
import { freshDatabase } from '../kit/postgres.ts';
import { edit, folderWith, query, syncline } from './cli.ts';

const config = (pipelines: string, sinks = '') => `version: 1
sources:
  in:
    type: file
    streams:
      people: { path: people.jsonl, deleted_when: gone }
      all: people.jsonl
      visits: { path: "{site}.jsonl", incremental: { cursor_field: at }, partitions: { site: [north, south] } }
sinks:
  db: { type: libsql, url: "file:out.db" }
  files: { type: file, dir: out }${sinks}
pipelines:
${pipelines}`;

const files = {
  'people.jsonl': [1, 2, 3].map((id) => `{"id":${id},"gone":false}\n`).join(''),
  'north.jsonl': '{"id":1,"at":5}\n',
  'south.jsonl': '{"id":2,"at":7}\n{"id":3,"at":8}\n',
};

async function stats(folder: string, ...args: string[]): Promise<Statistics> {
  const { code, stdout, stderr } = await syncline(folder, ['stats', '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Statistics;
}

it('tells rows, checkpoints of each partition, runs and errors, and writes nothing', async () => {
  const pipelines = `  people: { from: in.people, to: db.people, primary_key: id, deletes: { mode: soft, column: deleted_at }, map: { id: id } }
  visits: { from: in.visits, to: db.visits, mode: append }
  copies: { from: in.all, to: files.people.csv }
`;
  const folder = await folderWith({ ...files, 'sync.config.yaml': config(pipelines) });
  const none = { total: 0, active: 0, deleted: 0 };
  expect(await stats(folder)).toEqual({
    targets: [
      { pipeline: 'people', sink: 'db', target: 'people', ...none },
      { pipeline: 'visits', sink: 'db', target: 'visits', ...none },
      { pipeline: 'copies', sink: 'files', target: 'people.csv' },
    ],
    runs: {},
    pipelines: [
      { pipeline: 'people', status: 'never_run', checkpoint: { kind: 'none', held: false } },
      {
        pipeline: 'visits',
        status: 'never_run',
        checkpoint: { kind: 'cursor', held: false },
        partitions: {
          'site=north': { kind: 'cursor', held: false },
          'site=south': { kind: 'cursor', held: false },
        },
      },
      { pipeline: 'copies', status: 'never_run', checkpoint: { kind: 'none', held: false } },
    ],
  });

  expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
  edit(join(folder, 'out.db'), "UPDATE people SET deleted_at = '2026-01-01' WHERE id = 2");
  edit(
    join(folder, '.syncline/state.db'),
    `INSERT INTO runs (id, started_at, finished_at, status) VALUES ('00OLD', 'x', 'x', 'failed');
     INSERT INTO run_pipelines (run_id, pipeline, step, status, finished_at, result)
     VALUES ('00OLD', 'people', 0, 'failed', '2025-01-01T00:00:00.000Z',
       '{"status":"failed","error":{"code":"source/malformed","message":"cut off"}}')`,
  );
  const found = await stats(folder);
  expect(found.targets).toMatchObject([
    { target: 'people', total: 3, active: 2, deleted: 1 },
    { target: 'visits', total: 3, active: 3, deleted: 0 },
    { target: 'people.csv' },
  ]);
  expect(found.targets[2]).not.toHaveProperty('total');
  expect(found.runs).toEqual({ succeeded: 1, failed: 1 });
  expect(found.pipelines).toMatchObject([
    {
      status: 'idle',
      lastSuccess: { status: 'succeeded' },
      lastError: { runId: '00OLD', code: 'source/malformed', message: 'cut off' },
    },
    {
      checkpoint: { kind: 'cursor', held: true },
      partitions: {
        'site=north': { kind: 'cursor', held: true, cursor: '5' },
        'site=south': { kind: 'cursor', held: true, cursor: '8' },
      },
    },
    { checkpoint: { kind: 'none', held: false } },
  ]);
  expect(found.pipelines[1]?.checkpoint).not.toHaveProperty('cursor');
  expect((await stats(folder, 'copies')).targets).toHaveLength(1);
  const { stdout } = await syncline(folder, ['stats']);
  expect(stdout).toMatch(/^people +db\.people +3 +2 +1$/m);
  expect(stdout).toMatch(/^copies +files\.people\.csv +- +- +-$/m);
  expect(stdout).toMatch(/^ {2}site=south +8$/m);
  expect(stdout).toMatch(/^runs: 1 failed, 1 succeeded$/m);
  expect(stdout).toContain('people: its last error, at 2025-01-01T00:00:00Z in run 00OLD: cut off');
  expect(
    query(join(folder, '.syncline/state.db'), 'SELECT count(*) FROM leases WHERE expires_at > 0'),
  ).toEqual([[0]]);
});

it('tells of a sink that cannot be reached, without its password, and of the others all the same', async () => {
  const url = await freshDatabase();
  const sinks = `
  pg: { type: postgres, url: "${url}" }
  gone: { type: postgres, url: "postgresql://ann:sesame-open-42@127.0.0.1:1/none" }`;
  const pipelines = ['db', 'pg', 'gone']
    .map(
      (sink) => `  in_${sink}: { from: in.people, to: ${sink}.people, primary_key: id, map: { id: id } }\n`,
    )
    .join('');
  const folder = await folderWith({ ...files, 'sync.config.yaml': config(pipelines, sinks) });
  expect((await syncline(folder, ['run', 'in_db', 'in_pg', '--quiet'])).code).toBe(0);
  const found = await stats(folder);
  expect(found.targets).toMatchObject([
    { total: 3, active: 3 },
    { total: 3, active: 3 },
    { sink: 'gone', error: { code: 'sql/connect' } },
  ]);
  expect(found.pipelines[2]).toMatchObject({
    status: 'never_run',
    checkpoint: { kind: 'none', error: { code: 'sql/connect' } },
  });
  expect(JSON.stringify(found)).not.toContain('sesame');
});
