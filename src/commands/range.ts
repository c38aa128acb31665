import { atInstant, checkBound, refuseTogether, windowOf } from '../engine/bounds.ts';
import type { RunRange } from '../engine/range.ts';
import { parseDuration } from '../model/duration.ts';
import { SyncError } from '../model/errors.ts';

/** The flags of `run` that say which part of a stream is read. */
export interface RangeFlags {
  readonly all?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly rollback?: string;
  /** Each `NAME=VALUE`. */
  readonly partition?: readonly string[];
}

/** What the flags ask for. */
export function rangeOf(flags: RangeFlags, now: Date): RunRange {
  const { all = false, from, to, last, rollback } = flags;
  const window = { [from === undefined ? '--to' : '--from']: from ?? to };
  refuseTogether({ '--all': all, ...window, '--last': last, '--rollback': rollback });
  if (rollback !== undefined) checkBound('--rollback', rollback);
  return {
    full: all,
    window: last === undefined ? windowOf({ from, to }, now, '--') : { from: `-${checkedLast(last)}` },
    rollback: rollback === undefined ? undefined : atInstant(rollback, now),
    partition: partitionOf(flags.partition),
  };
}

/** `--partition project=alpha`, of one or several names. */
function partitionOf(flags: readonly string[] = []): RunRange['partition'] {
  if (flags.length === 0) return undefined;
  const entries = flags.map((flag) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/.exec(flag) ?? [];
    if (name === undefined || value === undefined)
      throw invalid(
        `--partition: "${flag}" is not NAME=VALUE`,
        'Write it such as --partition project=alpha.',
      );
    return [name, value] as const;
  });
  const [first] = entries.map(([name]) => name).filter((name, index, all) => all.indexOf(name) !== index);
  if (first === undefined) return Object.fromEntries(entries);
  throw invalid(`--partition ${first} is given twice`, 'A run takes one value of it, or all.');
}

function checkedLast(text: string): string {
  if (/^[0-9]+m$/.test(text))
    throw invalid(
      `--last ${text} counts minutes`,
      `did you mean ${text}o? For minutes write ${Number.parseInt(text, 10) * 60}s.`,
    );
  if ((parseDuration(text) ?? 0) > 0) return text;
  throw invalid(`--last: "${text}" is not a duration`, 'Write it with its unit: 24h 7d 2w 3mo.');
}

function invalid(message: string, hint: string): SyncError {
  return new SyncError('usage/invalid', message, { hint });
}
