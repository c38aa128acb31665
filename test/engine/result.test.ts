import { expect, it } from 'vitest';
import { type Outcome, runStatus } from '../../src/model/result.ts';

it.each<[Outcome[], string]>([
  [[], 'succeeded'],
  [['succeeded', 'succeeded'], 'succeeded'],
  [['succeeded', 'partial'], 'partial'],
  [['failed', 'failed'], 'failed'],
  [['failed', 'cancelled'], 'failed'],
  [['cancelled'], 'cancelled'],
  [['failed', 'succeeded'], 'mixed'],
  [['partial', 'cancelled'], 'mixed'],
])('a run whose pipelines ended %j ended %s', (outcomes, status) => {
  expect(runStatus(outcomes)).toBe(status);
});
