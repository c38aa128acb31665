import { describe, expect, it } from 'vitest';
import { type RangeFlags, rangeOf } from '../../src/commands/range.ts';
import { checkRange, type RunRange } from '../../src/engine/range.ts';
import { around, load } from '../config/load-text.ts';

const now = new Date('2024-03-31T12:00:00.000Z');

describe('the flags of run', () => {
  it.each<[RangeFlags, RunRange]>([
    [{}, { full: false }],
    [{ all: true }, { full: true }],
    [
      { from: '2024-01-01', to: '2024-02-01' },
      { full: false, window: { from: '2024-01-01', to: '2024-02-01' } },
    ],
    [{ to: '2024-02-01T00:00:00+02:00' }, { full: false, window: { to: '2024-02-01T00:00:00+02:00' } }],
    [{ from: '9007199254740993' }, { full: false, window: { from: '9007199254740993' } }],
    [{ from: '-24h' }, { full: false, window: { from: '-24h' } }],
    [{ last: '1mo' }, { full: false, window: { from: '-1mo' } }],
    [{ rollback: '-7d' }, { full: false, rollback: '2024-03-24T12:00:00.000Z' }],
  ])('%j ask for %j', (flags, range) => {
    expect(rangeOf(flags, now)).toEqual(range);
  });

  it.each<[RangeFlags, RegExp]>([
    [{ all: true, last: '7d' }, /--all and --last exclude each other/],
    [{ to: '2024-01-01', rollback: '2024-01-01' }, /--to and --rollback exclude each other/],
    [{ from: '2024-01-01', last: '7d' }, /--from and --last exclude each other/],
    [{ from: '2024-02-01', to: '2024-01-01' }, /nothing lies between/],
    [{ from: '-1d', to: '2024-03-30' }, /nothing lies between/],
    [{ from: '10', to: '9.5' }, /nothing lies between/],
    [{ from: 'yesterday' }, /--from: "yesterday" is neither a date nor a number/],
    [{ to: '2024-02-30' }, /--to: "2024-02-30" is not a date/],
    [{ rollback: '2024-1-1' }, /--rollback: "2024-1-1" is neither/],
    [{ rollback: '-7y' }, /neither a number nor a time before now/],
    [{ last: '0d' }, /"0d" is not a duration/],
    [{ last: '7' }, /"7" is not a duration/],
  ])('%j are refused', (flags, message) => {
    const act = () => rangeOf(flags, now);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'usage/invalid' }));
  });

  it('take a month for one only when it is written so', () => {
    expect(() => rangeOf({ last: '1m' }, now)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('did you mean 1mo?') }),
    );
  });
});

describe('a range', () => {
  const cursor = 'path: data/campaigns.json, incremental: { cursor_field: at }';
  const file = '{ type: file, dir: out }';

  /** The code of what is wrong with this range for a pipeline of these keys; undefined when all is well. */
  async function refusal(range: RunRange, keys: string, incremental: boolean, sink?: string) {
    const text = around(keys, sink);
    const config = await load(incremental ? text.replace('path: data/campaigns.json', cursor) : text);
    try {
      checkRange([...config.pipelines.values()], range);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  const window = { window: { from: '2024-01-01' } };
  const back = { rollback: '2024-01-01' };
  const sum = 'merge: { spent: sum }';

  it.each<[RunRange, string, boolean, string | undefined]>([
    [{}, 'mode: append', false, undefined],
    [{ full: true }, '', false, undefined],
    [{ full: true }, '', true, undefined],
    [{ full: true }, 'mode: append', false, undefined],
    [{ full: true }, 'mode: append', true, 'usage/read_again'],
    [{ full: true, allow_again: true }, 'mode: append', true, undefined],
    [{ full: true, allow_again: true }, sum, true, 'usage/read_again'],
    [window, '', true, undefined],
    [window, '', false, 'usage/no_cursor'],
    [window, 'mode: append', true, 'usage/read_again'],
    [{ ...window, allow_again: true }, 'mode: append', true, undefined],
    [back, '', true, undefined],
    [back, '', false, 'usage/no_cursor'],
    [back, sum, true, 'usage/read_again'],
  ])('%j for a pipeline with %j, incremental: %s, gives %s', async (range, keys, incremental, code) => {
    expect(await refusal(range, keys, incremental)).toBe(code);
  });

  it('never replaces the whole by a part, and moves no cursor where none is kept', async () => {
    expect(await refusal(window, '', true, file)).toBe('usage/limited_replace');
    expect(await refusal(back, '', true, file)).toBe('usage/no_cursor');
    expect(await refusal({ full: true }, '', true, file)).toBe(undefined);
  });
});
