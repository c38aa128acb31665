import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { edit, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources:
  in:
    type: file
    streams:
      days: { path: days.jsonl, incremental: { cursor_field: at, lookback: 0s } }
      facts: { path: days.jsonl, incremental: { cursor_field: at, lookback: 0s } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  days: { from: in.days, to: db.days, primary_key: id }
  added: { from: in.facts, to: db.added, mode: append }
  summed:
    from: in.facts
    to: db.summed
    primary_key: team
    map: { team: team, points: { from: points, type: integer } }
    merge: { points: sum }
`;

const day = (id: number, at: string, points = 1) =>
  `${JSON.stringify({ id, at, team: id % 2 ? 'odd' : 'even', points })}\n`;
const first =
  day(1, '2026-01-01T00:00:00Z') + day(2, '2026-01-02T00:00:00Z') + day(3, '2026-01-02T00:00:00Z');
const second = first + day(4, '2026-01-02T00:00:00Z') + day(5, '2026-01-03T00:00:00Z');

async function started(): Promise<string> {
  const folder = await folderWith({ 'sync.config.yaml': config, 'days.jsonl': first });
  expect(await syncline(folder, ['run', '--quiet'])).toMatchObject({ code: 0, stderr: '' });
  return folder;
}

async function run(folder: string, ...args: string[]): Promise<RunResult['pipelines']> {
  const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args]);
  expect(stdout, stderr).not.toBe('');
  return (JSON.parse(stdout) as RunResult).pipelines;
}

const rows = (folder: string, sql: string) => query(join(folder, 'sync.db'), sql);

describe('an incremental run', () => {
  it('takes what is new, and ties at its edge, exactly once', async () => {
    const folder = await started();
    await writeFile(join(folder, 'days.jsonl'), second);
    const { days, added, summed } = await run(folder);
    expect([days?.inserted, added?.inserted, summed?.updated]).toEqual([2, 2, 2]);
    expect(rows(folder, 'SELECT id FROM added ORDER BY id')).toEqual([[1], [2], [3], [4], [5]]);
    expect(rows(folder, 'SELECT team, points FROM summed ORDER BY team')).toEqual([
      ['even', 2],
      ['odd', 3],
    ]);
    const again = await run(folder);
    expect([again.added?.inserted, again.summed?.updated]).toEqual([0, 0]);
    expect(rows(folder, 'SELECT team, points FROM summed ORDER BY team')).toEqual([
      ['even', 2],
      ['odd', 3],
    ]);
  });

  it('reads a window beside the cursor, which stays', async () => {
    const folder = await started();
    edit(join(folder, 'sync.db'), 'DELETE FROM days');
    await writeFile(join(folder, 'days.jsonl'), second);
    const { days } = await run(folder, 'days', '--from', '2026-01-01', '--to', '2026-01-02');
    expect(days?.inserted).toBe(1);
    expect((await run(folder, 'days')).days?.inserted).toBe(4);
  });

  it('reads everything with --all, and from a day on with --rollback', async () => {
    const folder = await started();
    edit(join(folder, 'sync.db'), "UPDATE days SET team = 'none'");
    expect((await run(folder, 'days', '--rollback', '2026-01-02')).days).toMatchObject({ updated: 2 });
    expect((await run(folder, 'days', '--all')).days).toMatchObject({ updated: 1, unchanged: 2 });
    expect((await syncline(folder, ['run', 'added', '--all'])).code).toBe(2);
    expect((await syncline(folder, ['run', 'summed', '--all', '--yes'])).code).toBe(2);
  });

  it('refuses a cursor whose source or filter was changed, and a target that is gone', async () => {
    const folder = await started();
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config.replace('days: { from: in.days,', 'days: { from: in.days, where: team,'),
    );
    const changed = await syncline(folder, ['run', 'days']);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('state/changed');
    expect(changed.stderr).toContain('syncline run days --all');
    expect((await syncline(folder, ['run', 'days', '--all', '--quiet'])).code).toBe(0);
    edit(join(folder, 'sync.db'), 'DROP TABLE added');
    const gone = await syncline(folder, ['run', 'added']);
    expect(gone.stderr).toContain('sink/target_gone');
    expect((await syncline(folder, ['run', 'added', '--all', '--yes', '--quiet'])).code).toBe(0);
    expect(rows(folder, 'SELECT count(*) FROM added')).toEqual([[3]]);
  });
});

it('asks what to do where rows may not come twice and the source cannot go on in its middle', async () => {
  const text = config
    .replace(
      '  in:',
      '  old: { type: libsql, url: file:old.db, streams: { rows: { query: SELECT id FROM rows } } }\n  in:',
    )
    .replace(
      '  added:',
      '  copied: { from: old.rows, to: db.copied, mode: append, batch_size: 2, enabled: false }\n  added:',
    );
  const folder = await folderWith({ 'sync.config.yaml': text, 'days.jsonl': first });
  edit(
    join(folder, 'old.db'),
    'CREATE TABLE rows (id INTEGER); INSERT INTO rows VALUES (1), (2), (3), (4), (5)',
  );
  expect((await run(folder, 'copied', '--max-records', '2')).copied?.inserted).toBe(2);
  const asked = await syncline(folder, ['run', 'copied']);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain('source/position_lost');
  expect(rows(folder, 'SELECT count(*) FROM copied')).toEqual([[2]]);
  expect((await run(folder, 'copied', '--all', '--yes')).copied?.inserted).toBe(5);
  expect((await run(folder, 'copied')).copied?.inserted).toBe(5);
});

describe('pipelines of one run', () => {
  const chain = config.replace(
    '  added:',
    '  later: { from: in.days, to: db.later, primary_key: id, after: days, fresh_for: 1h }\n  added:',
  );

  it('wait for those they come after, and are skipped when these fail or they are fresh', async () => {
    const folder = await folderWith({ 'sync.config.yaml': chain, 'days.jsonl': first });
    const whole = await run(folder, 'days', 'later');
    expect([whole.days?.status, whole.later?.status]).toEqual(['succeeded', 'succeeded']);
    expect((await run(folder, 'days', 'later')).later).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('fresh'),
    });
    await writeFile(join(folder, 'days.jsonl'), '{"id":');
    const failed = await run(folder, 'days', 'later', '--all');
    expect([failed.days?.status, failed.later?.status]).toEqual(['failed', 'skipped']);
  });

  it('stop when too many rows are rejected, and what replaces a file stays', async () => {
    const folder = await folderWith({
      'sync.config.yaml': chain
        .replace('sinks: {', 'sinks: { out: { type: file, dir: out },')
        .replace(
          'pipelines:',
          'pipelines:\n  kept: { from: in.days, to: out.kept, checks: { team: { const: odd } } }',
        ),
      'days.jsonl': Array.from({ length: 100 }, (_, n) => day(n * 2 + 1, '2026-01-01T00:00:00Z')).join(''),
    });
    expect((await run(folder, 'kept')).kept?.inserted).toBe(100);
    await writeFile(
      join(folder, 'days.jsonl'),
      Array.from({ length: 100 }, (_, n) => day(n, '2026-01-01T00:00:00Z')).join(''),
    );
    expect((await run(folder, 'kept')).kept).toMatchObject({
      status: 'failed',
      error: { code: 'reject/too_many' },
    });
    expect((await run(folder, 'kept', '--allow-empty')).kept?.status).toBe('failed');
  });
});

it('asks how far a target without a ledger was filled when the state is lost, and adopts it', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config
      .replace('sinks: {', 'sinks: { out: { type: file, dir: out },')
      .replace(
        'pipelines:',
        'pipelines:\n  parts: { from: in.facts, to: out.parts, mode: append, enabled: false }',
      ),
    'days.jsonl': first,
  });
  const parts = async () => {
    const names = (await readdir(join(folder, 'out/parts'))).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, 'out/parts', name), 'utf8')));
    return texts.flatMap((text) => text.match(/"id":\d/g) ?? []);
  };
  await run(folder, 'parts');
  expect(await parts()).toHaveLength(3);
  await rm(join(folder, '.syncline'), { recursive: true });
  const lost = await run(folder, 'parts');
  expect(lost.parts).toMatchObject({ status: 'failed', error: { code: 'state/lost' } });
  expect((await syncline(folder, ['run', 'days', '--adopt'])).code).toBe(2);
  expect((await run(folder, 'parts', '--adopt')).parts).toMatchObject({ read: 3, inserted: 0 });
  await writeFile(join(folder, 'days.jsonl'), second);
  expect((await run(folder, 'parts')).parts).toMatchObject({ inserted: 2 });
  expect(await parts()).toHaveLength(5);
});
