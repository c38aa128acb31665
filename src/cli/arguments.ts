import { InvalidArgumentError } from 'commander';
import type { RunFlags } from '../commands/run.ts';

export function wholeNumber(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number, such as 10.');
}

export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('It is at least 1.');
}

/** A number of rows, or a share such as `30%`. */
export function rowLimit(text: string): RunFlags['allowDelete'] {
  const percent = /^([0-9]{1,2}(?:[.][0-9]{1,3})?|100)%$/.exec(text)?.[1];
  if (percent !== undefined) return { percent: Number(percent) };
  if (/^[0-9]{1,15}$/.test(text)) return { rows: Number(text) };
  throw new InvalidArgumentError('It is a number of rows, such as 40, or a share, such as 30%.');
}
