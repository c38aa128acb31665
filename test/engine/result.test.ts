import { describe, expect, it } from 'vitest';
import { exitCodeOf, type Outcome, runStatus } from '../../src/model/result.ts';

it.each<[Outcome[], string]>([
  [[], 'succeeded'],
  [['succeeded', 'succeeded'], 'succeeded'],
  [['succeeded', 'partial'], 'partial'],
  [['failed', 'failed'], 'failed'],
  [['failed', 'rate_limited'], 'failed'],
  [['rate_limited', 'cancelled'], 'rate_limited'],
  [['rate_limited', 'skipped'], 'rate_limited'],
  [['failed', 'cancelled'], 'failed'],
  [['cancelled'], 'cancelled'],
  [['cancelled', 'interrupted'], 'cancelled'],
  [['interrupted', 'busy'], 'interrupted'],
  [['busy', 'partial', 'succeeded'], 'busy'],
  [['skipped', 'succeeded'], 'succeeded'],
  [['skipped'], 'skipped'],
  [['failed', 'busy', 'skipped'], 'failed'],
  [['failed', 'succeeded'], 'mixed'],
  [['rate_limited', 'succeeded'], 'mixed'],
  [['partial', 'cancelled'], 'mixed'],
])('a run whose pipelines ended %j ended %s', (outcomes, status) => {
  expect(runStatus(outcomes)).toBe(status);
});

describe('the exit code', () => {
  const codeOf = (outcomes: readonly Outcome[], ending: Partial<Parameters<typeof exitCodeOf>[1]> = {}) =>
    exitCodeOf(
      outcomes.map((status) => ({ status })),
      { allow_rejects: false, ...ending },
    );

  it.each<[Outcome[], number]>([
    [[], 0],
    [['succeeded', 'skipped'], 0],
    [['partial', 'succeeded'], 3],
    [['busy', 'partial'], 5],
    [['busy', 'succeeded'], 5],
    [['failed', 'busy'], 1],
    [['rate_limited', 'partial'], 1],
    [['cancelled'], 1],
    [['interrupted'], 1],
  ])('of pipelines that ended %j is %d', (outcomes, code) => {
    expect(codeOf(outcomes)).toBe(code);
  });

  it('names the signal that stopped the run', () => {
    expect(codeOf(['cancelled'], { stopped: 'SIGINT' })).toBe(130);
    expect(codeOf(['succeeded'], { stopped: 'SIGTERM' })).toBe(143);
  });

  it('lets rejects pass only where they are allowed', () => {
    expect(codeOf(['partial'], { allow_rejects: true })).toBe(0);
    expect(codeOf(['partial', 'busy'], { allow_rejects: true })).toBe(5);
  });

  it('is 70 for a bug, whatever else happened', () => {
    const bug = { status: 'failed', error: { code: 'internal/bug', message: '' } } as const;
    expect(exitCodeOf([bug, { status: 'busy' }], { stopped: 'SIGINT', allow_rejects: false })).toBe(70);
  });
});
