import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalWorld } from '../../src/commands/world.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { openState, schedulerLease } from '../../src/state/state.ts';
import { cli, edit, query } from '../e2e/cli.ts';
import { all, config, followed, named, never, ran, worldOf, worldWith } from './open-world.ts';

const rowsIn = (folder: string, table = 'rows') =>
  query(join(folder, 'sync.db'), `SELECT id, name FROM ${table} ORDER BY id`);

/** Notices tell that a table is made. */
const types = (events: readonly RunEvent[]) =>
  events.map(({ type }) => type).filter((type) => type !== 'notice');

/** Resolves with the first event of that type; the run goes on. */
function until(world: LocalWorld, run: string, type: RunEvent['type']): Promise<RunEvent> {
  const enough = new AbortController();
  return new Promise((resolve, reject) => {
    const emit = (event: RunEvent) => {
      if (event.type !== type) return;
      resolve(event);
      enough.abort();
    };
    world.follow(run, emit, enough.signal).catch(reject);
  });
}

describe('the world of a config', () => {
  it('tells how pipelines stand, and the runs of a day', async () => {
    const { world } = await worldWith();
    const before = await world.look(never);
    expect(before.totals).toMatchObject({ never_run: 3, idle: 0 });
    expect(before.recent).toEqual([]);
    const run = await ran(world, 'rows');
    const { totals, scheduler, pipelines, recent } = await world.look(never);
    expect({ totals, scheduler }).toMatchObject({ totals: { never_run: 2, idle: 1 }, scheduler: 'none' });
    expect(pipelines[0]).toMatchObject({
      pipeline: 'rows',
      status: 'idle',
      from: 'in.rows',
      to: 'db.rows',
      lastRun: { runId: run },
    });
    expect(recent.map(({ runId }) => runId)).toEqual([run]);
    expect((await world.runs({ limit: 5, pipeline: 'deals' }, never)).length).toBe(0);
  });

  it('leaves older runs out, and sees a daemon that schedules', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows');
    const file = join(folder, '.syncline/state.db');
    edit(file, "UPDATE runs SET started_at = '2020-01-02T03:04:05.000Z'");
    expect((await world.look(never)).recent).toEqual([]);
    const state = await openState(file);
    await state.acquire(schedulerLease, 'daemon', 0);
    expect((await world.look(never)).scheduler).toBe('active');
    await state.close();
    expect((await world.look(never)).scheduler).toBe('none');
  });

  it('has runs of its own: they are followed from their beginning, and cancelled', async () => {
    const { world } = await worldWith();
    const run = await world.start(['slow']);
    await until(world, run, 'notice');
    expect(world.running()).toEqual([run]);
    const slow = (await world.look(never)).pipelines.find(({ pipeline }) => pipeline === 'slow');
    expect(slow).toMatchObject({ status: 'running', running: { runId: run } });
    await world.cancel(run);
    const events = await followed(world, run);
    expect(types(events)).toEqual(['run_started', 'pipeline_started', 'pipeline_finished', 'run_finished']);
    expect(events.at(-1)).toMatchObject({ result: { status: 'cancelled', exitCode: 1 } });
    expect(world.running()).toEqual([]);
  });

  it('ends the runs under way when it closes', async () => {
    const { folder, world } = await worldWith();
    const run = await world.start(['slow']);
    await until(world, run, 'notice');
    await world.close();
    const [kept] = await (await worldOf(folder)).runs({ limit: 1 }, never);
    expect(kept).toMatchObject({ runId: run, status: 'cancelled' });
  });

  it('follows and cancels a run of another process', async () => {
    const { folder, world } = await worldWith();
    const child = execa(process.execPath, [cli, 'run', 'slow', '--ui', 'json'], {
      cwd: folder,
      reject: false,
    });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await child;
    });
    const run = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk;
        if (!text.includes('"type":"notice"')) return;
        resolve(/"run":"([0-9A-Z]+)"/.exec(text)?.[1] ?? '');
      });
      child.then(({ stderr }) => reject(new Error(stderr)));
    });
    expect(world.running()).toEqual([]);
    const [started, begun] = await new Promise<RunEvent[]>((resolve, reject) => {
      const told: RunEvent[] = [];
      world.follow(run, (event) => told.push(event), never).then(() => resolve(told), reject);
      until(world, run, 'pipeline_started').then(() => world.cancel(run), reject);
    });
    expect(started).toMatchObject({ type: 'run_started', run, pipelines: ['slow'] });
    expect(begun).toMatchObject({ pipeline: 'slow', from: 'slow.rows', to: 'db.slow', step: 1, steps: 1 });
    const events = await followed(world, run);
    expect(types(events)).toEqual(['run_started', 'pipeline_finished', 'run_finished']);
    expect(events.at(-1)).toMatchObject({ result: { status: 'cancelled' } });
    expect((await child).exitCode).toBe(1);
  });

  it('tells a run again that it had, and names none that nobody remembers', async () => {
    const { folder, world } = await worldWith();
    const run = await ran(world, 'rows');
    const told = types(await followed(world, run));
    expect(told).toEqual([
      'run_started',
      'pipeline_started',
      'progress',
      'pipeline_finished',
      'run_finished',
    ]);
    expect(types(await followed(await worldOf(folder), run))).toEqual(told);
    await expect(followed(world, '01JD')).rejects.toMatchObject({ code: 'usage/unknown_run' });
    await expect(world.start(['row'])).rejects.toMatchObject({ code: 'usage/unknown_pipeline' });
    await expect(world.cancel(run)).rejects.toMatchObject({ code: 'usage/run_ended' });
  });

  it('pauses in the state, where something is scheduled at all', async () => {
    const { folder, world } = await worldWith();
    expect(world.cannot('schedule')).toMatch(/no pipeline .* `schedule`/);
    expect(world.cannot('changes')).toBeUndefined();
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config.replace('mode: mirror', 'schedule: "@hourly", mode: mirror'),
    );
    const scheduled = await worldOf(folder);
    expect(scheduled.cannot('schedule')).toBeUndefined();
    await scheduled.pause('deals');
    const statusOf = async () => (await scheduled.look(never)).pipelines[1]?.status;
    expect(await statusOf()).toBe('paused');
    await scheduled.resume('deals');
    expect(await statusOf()).toBe('never_run');
    await expect(scheduled.pause('deal')).rejects.toMatchObject({ code: 'usage/unknown_pipeline' });
  });

  it('tells what a run changed and why, and takes it back in words', async () => {
    const { folder, world } = await worldWith({ 'rows.jsonl': named('Ann', 'Bob') });
    await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea'));
    const run = await ran(world, 'rows');
    const [batch] = await all(world.changes(run, never));
    expect(batch).toMatchObject({
      pipeline: 'rows',
      to: 'db.rows',
      changes: [
        {
          kind: 'update',
          key: [['id', 2]],
          fields: [{ column: 'name', before: 'Bob', strategy: 'keep_edits' }],
        },
      ],
    });
    edit(join(folder, 'sync.db'), "UPDATE rows SET name = 'by hand' WHERE id = 2");
    expect(await world.why('rows', '2', 'name')).toMatchObject([
      { value: 'by hand', run, edited: true, source: 'in.rows', before: 'Bob' },
    ]);
    await expect(world.undo(run, { force: false })).rejects.toMatchObject({ code: 'undo/edited' });
    const said = await world.undo(run, { force: true });
    expect(said).toMatch(
      /^rows: 0 rows removed again, 1 restored, 0 brought back\n.*Run \w+ was undone, as run \w+\.$/s,
    );
    expect(rowsIn(folder)).toEqual([
      [1, 'Ann'],
      [2, 'Bob'],
    ]);
    await expect(all(world.changes(run, never))).rejects.toMatchObject({ code: 'undo/unknown' });
  });

  it('retries and drops rejects, those of the newest run first', async () => {
    const bad = '{"id":"x","name":"Cid"}\n';
    const { folder, world } = await worldWith({ 'rows.jsonl': named('Ann') + bad });
    const first = await ran(world, 'rows');
    const second = await ran(world, 'rows');
    const found = await world.rejects({ pipeline: 'rows' }, 10);
    expect(found.map(({ run }) => run)).toEqual([second, first]);
    expect(await world.rejects({}, 1)).toHaveLength(1);
    expect(found[0]).toMatchObject({ field: 'id', code: 'row/type', record: bad.trim() });
    const retry = await world.retry({ run: second });
    expect((await followed(world, retry)).at(-1)).toMatchObject({ result: { status: 'partial' } });
    expect((await world.rejects({}, 10)).map(({ run }) => run)).toEqual([retry, first]);
    expect(await world.drop({ pipeline: 'rows' })).toBe(2);
    await expect(world.retry({})).rejects.toMatchObject({ code: 'usage/invalid' });
    expect(rowsIn(folder)).toEqual([[1, 'Ann']]);
  });

  it('tells the log of a run that ended, and follows one that goes on to its end', async () => {
    const { world } = await worldWith();
    const run = await ran(world, 'rows', 'deals');
    const lines = await all(world.logs({ run, pipeline: 'deals' }, never));
    expect(lines.map(({ event }) => event)).toEqual(['pipeline_started', 'notice', 'pipeline_finished']);
    const slow = await world.start(['slow']);
    const live = world.logs({ run: slow }, never)[Symbol.asyncIterator]();
    expect((await live.next()).value).toMatchObject({ event: 'run_started', run: slow });
    await world.cancel(slow);
    const rest = [];
    for (let next = await live.next(); !next.done; next = await live.next()) rest.push(next.value.event);
    expect(rest.at(-1)).toBe('run_finished');
    expect(await all(world.logs({ run: slow, level: 'warn' }, never))).toMatchObject([
      { status: 'cancelled' },
    ]);
  });
});

describe('a plan', () => {
  const plansIn = () => readdirSync(tmpdir()).filter((name) => name.startsWith('syncline-plan-'));

  it('is done exactly as it was shown, whatever its source says since, and once', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea', 'Cid'));
    const planned = await world.plan(['rows'], never);
    expect(planned).toMatchObject({
      whole: true,
      unsaved: undefined,
      result: { pipelines: { rows: { inserted: 1, updated: 1 } } },
    });
    expect(planned.changes.map(({ change }) => change.kind).sort()).toEqual(['insert', 'update']);
    expect(rowsIn(folder)).toEqual([
      [1, 'Ann'],
      [2, 'Bob'],
    ]);
    await writeFile(join(folder, 'rows.jsonl'), 'not read\n');
    await followed(world, await world.startPlan());
    expect(rowsIn(folder)).toEqual([
      [1, 'Ann'],
      [2, 'Bea'],
      [3, 'Cid'],
    ]);
    await expect(world.startPlan()).rejects.toMatchObject({ code: 'plan/moved' });
  });

  it('is refused when rows moved since', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea'));
    await world.plan(['rows'], never);
    edit(join(folder, 'sync.db'), "UPDATE rows SET name = 'by hand' WHERE id = 2");
    await expect(world.startPlan()).rejects.toMatchObject({ code: 'plan/moved' });
    expect(rowsIn(folder)).toEqual([
      [1, 'Ann'],
      [2, 'by hand'],
    ]);
  });

  it('shows what cannot be kept for later all the same, and what failed with its hint', async () => {
    const { folder, world } = await worldWith({
      'sync.config.yaml': config.replace('mode: mirror, deletes: { mode: hard }', 'mode: replace'),
    });
    const planned = await world.plan(['deals'], never);
    expect(planned.changes).toHaveLength(2);
    expect(planned.unsaved).toMatch(/plan of deals cannot be saved/);
    await expect(world.startPlan()).rejects.toMatchObject({ code: 'plan/failed' });
    await writeFile(join(folder, 'rows.jsonl'), 'no JSON\n');
    const { result, unsaved } = await world.plan(['rows', 'deals'], never);
    expect(result.pipelines.rows?.error?.hint).toBeTruthy();
    expect(unsaved).toMatch(/pipeline "rows" ended failed/);
  });

  it('leaves no file behind', async () => {
    const before = plansIn();
    const { world } = await worldWith();
    await world.plan(['rows'], never);
    const [own] = plansIn().filter((name) => !before.includes(name));
    expect(readdirSync(join(tmpdir(), own ?? ''))).toEqual(['1.plan']);
    await world.plan(['deals'], never);
    expect(readdirSync(join(tmpdir(), own ?? ''))).toEqual(['2.plan']);
    await world.close();
    expect(existsSync(join(tmpdir(), own ?? ''))).toBe(false);
  });
});
