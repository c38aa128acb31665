import { describe, expect, it } from 'vitest';
import { noCounts, type PipelineResult, type RunResult } from '../../src/model/result.ts';
import { noRun, type RunAction, type RunModel, reduceRun, totalRate, waitAt } from '../../src/tui/model.ts';
import { etaAt, percentOf, rateAt } from '../../src/tui/pace.ts';

const start = Date.parse('2026-01-02T03:04:05.000Z');
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString();
const runAfter = (...actions: RunAction[]): RunModel => actions.reduce(reduceRun, noRun);

const begun: RunAction[] = [
  { type: 'run_started', at: at(0), run: '01M8', pipelines: ['a', 'b'] },
  { type: 'pipeline_started', at: at(10), pipeline: 'a', from: 's.a', to: 'd.a', step: 1, steps: 2 },
];
const progress = (milliseconds: number, read: number, more: object = {}): RunAction => ({
  type: 'progress',
  at: at(milliseconds),
  pipeline: 'a',
  counts: { ...noCounts, read },
  ...more,
});
const result = (more: Partial<PipelineResult> = {}): PipelineResult => ({
  status: 'succeeded',
  ...noCounts,
  durationMs: 5,
  ...more,
});
const ended: RunResult = {
  runId: '01M8',
  status: 'succeeded',
  exitCode: 0,
  startedAt: at(0),
  finishedAt: at(9_000),
  pipelines: {},
};

describe('the account of a run', () => {
  it('begins anew when it is told a second time', () => {
    const said: RunAction = { type: 'said', at: at(0), text: 'before' };
    const once = runAfter(said, ...begun, progress(100, 40));
    expect(once.log.map(({ text }) => text)).toEqual(['before', 'started']);
    expect([...begun, progress(100, 40)].reduce(reduceRun, once)).toEqual(
      runAfter(...begun, progress(100, 40)),
    );
  });

  it('has all pipelines also where only its end was told', () => {
    const pipelines = { a: result({ read: 7 }), b: result({ status: 'failed' }) };
    const run = runAfter({ type: 'run_finished', at: at(0), result: { ...ended, pipelines } });
    expect(
      [...run.pipelines.values()].map(({ name, status, counts }) => [name, status, counts.read]),
    ).toEqual([
      ['a', 'succeeded', 7],
      ['b', 'failed', 0],
    ]);
    expect({ id: run.id, started: run.started }).toEqual({ id: '01M8', started: start });
  });

  it('begins with pipelines that wait', () => {
    const run = runAfter({ type: 'run_started', at: at(0), run: '01M8', pipelines: ['a', 'b'] });
    expect({ id: run.id, started: run.started, now: run.now }).toEqual({
      id: '01M8',
      started: start,
      now: start,
    });
    expect([...run.pipelines.values()].map(({ name, status }) => [name, status])).toEqual([
      ['a', 'waiting'],
      ['b', 'waiting'],
    ]);
  });

  it('knows the way of a pipeline once it has begun', () => {
    const run = runAfter(...begun);
    expect(run.pipelines.get('a')).toMatchObject({
      status: 'running',
      from: 's.a',
      to: 'd.a',
      started: start + 10,
    });
    expect(run.pipelines.get('b')?.status).toBe('waiting');
    expect(run.log.map(({ text }) => text)).toEqual(['started']);
  });

  it('takes counts, total and detail of progress', () => {
    const run = runAfter(...begun, progress(20, 7, { progress: { done: 3, total: 12 }, detail: 'a.csv' }));
    expect(run.pipelines.get('a')).toMatchObject({
      counts: { read: 7 },
      detail: 'a.csv',
      stretch: { done: 3, total: 12, from: { at: start + 20, done: 3 } },
    });
    expect(run.seconds.reads).toEqual([7]);
  });

  it('invents no total where none is told, or none that can be', () => {
    for (const told of [
      undefined,
      { done: 1, total: 0 },
      { done: Number.NaN, total: 9 },
      { done: -1, total: 9 },
    ])
      expect(
        runAfter(...begun, progress(20, 7, { progress: told })).pipelines.get('a')?.stretch,
      ).toBeUndefined();
  });

  it('says of the pipelines of a source or sink what it waits for, until then or until they go on', () => {
    const wait = (plugin: string): RunAction => ({
      type: 'waiting',
      at: at(100),
      plugin,
      reason: 'told',
      until: at(42_100),
      ms: 42_000,
    });
    const noteOf = (run: RunModel) => {
      const pipeline = run.pipelines.get('a');
      return pipeline && waitAt(pipeline, run.now);
    };
    expect(noteOf(runAfter(...begun, wait('source s')))).toBe('waiting 42 s: the server asked');
    expect(noteOf(runAfter(...begun, wait('sink d')))).toBe('waiting 42 s: the server asked');
    expect(noteOf(runAfter(...begun, wait('source d')))).toBeUndefined();
    expect(noteOf(runAfter(...begun, wait('source s'), progress(200, 1)))).toBeUndefined();
    expect(noteOf(runAfter(...begun, wait('source s'), { type: 'clock', at: at(40_000) }))).toMatch(/ 3 s/);
    expect(noteOf(runAfter(...begun, wait('source s'), { type: 'clock', at: at(42_100) }))).toBeUndefined();
  });

  it('keeps notices, with whose they are', () => {
    const run = runAfter(...begun, {
      type: 'notice',
      at: at(30),
      pipeline: 'a',
      level: 'warn',
      message: 'mind',
    });
    expect(run.log.at(-1)).toEqual({ at: start + 30, pipeline: 'a', level: 'warn', text: 'mind' });
  });

  it('keeps what was printed by others', () => {
    expect(runAfter({ type: 'said', at: at(1), text: 'hello' }).log).toEqual([
      { at: start + 1, level: 'info', text: 'hello' },
    ]);
  });

  it('keeps only the last lines', () => {
    const many = Array.from(
      { length: 700 },
      (_, n): RunAction => ({ type: 'said', at: at(n), text: String(n) }),
    );
    const { log } = runAfter(...many);
    expect([log.length, log.at(0)?.text, log.at(-1)?.text]).toEqual([500, '200', '699']);
  });

  it('knows the result of a pipeline, and tells its error', () => {
    const error = { code: 'sql/full', message: 'no room' };
    const run = runAfter(...begun, {
      type: 'pipeline_finished',
      at: at(40),
      pipeline: 'a',
      result: result({ status: 'failed', read: 9, error }),
    });
    expect(run.pipelines.get('a')).toMatchObject({
      status: 'failed',
      counts: { read: 9 },
      result: { error },
    });
    expect(run.log.at(-1)).toMatchObject({ level: 'error', text: 'failed: no room' });
  });

  it('stops, and has stopped when it is over', () => {
    const stopping = runAfter(...begun, { type: 'stopping', at: at(50) });
    expect(stopping.stopping).toBe(true);
    const over = reduceRun(stopping, { type: 'run_finished', at: at(60), result: ended });
    expect({ stopping: over.stopping, result: over.result }).toEqual({ stopping: false, result: ended });
  });

  it('changes nothing but the time when the clock ticks, and never turns it back', () => {
    const run = runAfter(
      ...begun,
      progress(20, 7),
      { type: 'clock', at: at(2_500) },
      { type: 'clock', at: at(100) },
    );
    expect(run.now).toBe(start + 2_500);
    expect(run.seconds.reads).toEqual([7, 0, 0]);
    expect(run.pipelines.get('a')?.counts.read).toBe(7);
  });
});

describe('the pace', () => {
  const steady = Array.from({ length: 100 }, (_, n) =>
    progress(100 * (n + 1), 10 * (n + 1), { progress: { done: n + 1, total: 200 } }),
  );

  it('is what was read over the last seconds', () => {
    const run = runAfter(...begun, ...steady);
    const samples = run.pipelines.get('a')?.samples ?? [];
    expect(rateAt(samples, run.now)).toBeCloseTo(100, 0);
    expect(totalRate(run)).toBeCloseTo(100, 0);
    expect(samples.length).toBeLessThan(30);
    expect(run.seconds.reads.slice(1, 9)).toEqual(Array(8).fill(100));
  });

  it('is not told too early, and sinks to nothing when nothing comes', () => {
    expect(
      rateAt(runAfter(...begun, progress(100, 50)).pipelines.get('a')?.samples ?? [], start + 100),
    ).toBeUndefined();
    const quiet = runAfter(...begun, ...steady, { type: 'clock', at: at(20_000) });
    expect(totalRate(quiet)).toBe(0);
  });

  it('tells what is to come only after five seconds, and of what moves', () => {
    const stretch = (count: number) => {
      const told = runAfter(...begun, ...steady.slice(0, count)).pipelines.get('a')?.stretch;
      if (told === undefined) throw new Error('no total was told');
      return told;
    };
    expect(etaAt(stretch(40), start + 4_000)).toBeUndefined();
    expect(etaAt(stretch(100), start + 10_000)).toBeCloseTo(10_000, -2);
    expect(etaAt({ ...stretch(100), done: 1 }, start + 10_000)).toBeUndefined();
  });

  it('is done only when all is done', () => {
    const from = { at: start, done: 0 };
    const percents = [0, 1, 9_999, 10_000].map((done) => percentOf({ from, done, total: 10_000 }));
    expect(percents).toEqual([0, 0, 99, 100]);
  });
});
