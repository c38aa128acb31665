import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { paced, toLine, wordsOf } from '../../src/engine/words.ts';
import { redactor } from '../../src/model/redact.ts';
import { noCounts, type Outcome } from '../../src/model/result.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function finished(status: Outcome, more: { readonly [key: string]: unknown } = {}): RunEvent {
  const result = { status, ...noCounts, read: 1234, durationMs: 5, ...more };
  return { type: 'pipeline_finished', at: at(0), pipeline: 'people', result };
}

it('tells how far a pipeline is at most every ten seconds', () => {
  const isTold = paced();
  const progress = (pipeline: string, second: number): RunEvent => ({
    type: 'progress',
    at: at(second),
    pipeline,
    counts: noCounts,
  });
  expect(
    isTold({ type: 'pipeline_started', at: at(0), pipeline: 'a', from: 'x', to: 'y', step: 1, steps: 1 }),
  ).toBe(true);
  const told = [1, 9, 10, 11, 19.9, 20, 40].filter((second) => isTold(progress('a', second)));
  expect(told).toEqual([10, 20, 40]);
  expect(isTold(progress('b', 41))).toBe(true);
  for (let notice = 0; notice < 3; notice++)
    expect(isTold({ type: 'notice', at: at(41), level: 'info', message: '' })).toBe(true);
});

it('says of an end why it was one, or else what was done', () => {
  expect(wordsOf(finished('succeeded'))).toBe('succeeded: 1,234 read, 0 rejected');
  expect(wordsOf(finished('skipped', { reason: 'it is fresh' }))).toBe('skipped: it is fresh');
  expect(wordsOf(finished('failed', { error: { code: 'x/y', message: 'no such file' } }))).toBe(
    'failed: no such file',
  );
});

it.each([
  ['succeeded', 'info'],
  ['skipped', 'info'],
  ['partial', 'warn'],
  ['busy', 'warn'],
  ['cancelled', 'warn'],
  ['failed', 'error'],
] as const)('a pipeline that ended %s is logged as %s', (status, level) => {
  expect(toLine(finished(status), 'RUN', (text) => text).level).toBe(level);
});

it('makes a line of an event, without secrets and without what no database holds', () => {
  const error = { code: 'source/x', message: 'hush\0\ud800', hint: 'Not hush.' };
  expect(toLine(finished('failed', { error }), 'RUN', redactor(['hush']))).toEqual({
    time: at(0),
    level: 'error',
    run: 'RUN',
    pipeline: 'people',
    event: 'pipeline_finished',
    message: 'failed: •••\\0\ufffd',
    status: 'failed',
    counts: { ...noCounts, read: 1234 },
    durationMs: 5,
    code: 'source/x',
    hint: 'Not •••.',
  });
});

it('tells of a wait in a line, unless it is over at once', () => {
  const wait = (ms: number, reason: 'told' | 'backoff') =>
    ({ type: 'waiting', at: at(0), plugin: 'source crm', reason, until: at(ms / 1000), ms }) as const;
  const isTold = paced();
  expect([999, 1_000].map((ms) => isTold(wait(ms, 'told')))).toEqual([false, true]);
  expect(wordsOf(wait(41_200, 'told'))).toBe('source crm: waiting 42 s: the server asked');
  const line = toLine(wait(2_000, 'backoff'), 'run', redactor(new Set()));
  expect(line).toMatchObject({ level: 'info', message: 'source crm: waiting 2 s: before trying again' });
});
