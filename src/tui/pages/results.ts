/** What a pipeline did, in words for the lines of a row. */

import type { Counts, PipelineResult } from '../../model/result.ts';
import { count } from '../numbers.ts';
import type { Row } from '../page.ts';

const counted = [
  'inserted',
  'updated',
  'unchanged',
  'deleted',
  'skipped',
  'rejected',
  'kept',
  'defaulted',
] as const;

/** The counts that are not zero, and always what was read: `9,021 read, 12 inserted` */
export function countsText(counts: Counts): string {
  const told = counted.filter((word) => counts[word] > 0).map((word) => `${count(counts[word])} ${word}`);
  return [`${count(counts.read)} read`, ...told].join(', ');
}

/** Why it failed, and what to do. */
export function failureLines(result: PipelineResult | undefined): NonNullable<Row['lines']> {
  const { error, reason } = result ?? {};
  if (error === undefined) return reason === undefined ? [] : [{ text: reason, tone: 'warn' }];
  const { message, code, hint } = error;
  return [{ text: `${message}  [${code}]`, tone: 'bad' }, ...(hint === undefined ? [] : [{ text: hint }])];
}
