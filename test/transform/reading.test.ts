import { describe, expect, it, test } from 'vitest';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { exactNumber, parseJson, printJson } from '../../src/model/json.ts';
import type { SourceRecord, Value } from '../../src/model/types.ts';
import type { Incremental } from '../../src/transform/incremental.ts';
import { openReading, type ReadingOptions } from '../../src/transform/reading.ts';

type Options = Partial<Incremental> & Partial<ReadingOptions>;

/** A reading of the field `at` with the key `id`, unless told otherwise. */
function open({ order = 'none', on_missing = 'error', initial, lookback, ...options }: Options = {}) {
  return openReading({
    incremental: { cursor_field: 'at', order, on_missing, initial, lookback },
    now: '2024-03-10T12:00:00.000Z',
    exact: false,
    full: false,
    key: ['id'],
    hash: (record) => printJson(record),
    ...options,
  });
}

/** Records with these cursors; their ids count from 1. */
function at(...values: readonly Value[]): SourceRecord[] {
  return values.map((value, index) => ({ id: index + 1, at: value }));
}

/** A whole read in one batch: the cursors taken, and the checkpoint as it comes back from where it is kept. */
function read(records: readonly SourceRecord[], options: Options = {}) {
  const reading = open(options);
  const taken = reading.take({ records, position: 1 });
  const { checkpoint, warnings } = reading.complete();
  return {
    taken: taken.records.map((record) => record.at),
    passed: taken.passed,
    during: kept(taken.checkpoint),
    checkpoint: kept(checkpoint),
    cursor: checkpoint.cursor?.text,
    warnings,
    range: reading.range,
  };
}

function kept(checkpoint: Checkpoint): Checkpoint {
  return parseJson(printJson(checkpoint as Value)) as Checkpoint;
}

function code(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing was thrown';
}

describe('ties', () => {
  it('are read again at the boundary', () => {
    const { checkpoint } = read(at(1, 2, 2));
    expect(read(at(1, 2, 2, 2, 3), { checkpoint })).toMatchObject({
      taken: [2, 2, 2, 3],
      passed: 1,
      cursor: '3',
    });
  });

  it('are not lost when a batch ends among them', () => {
    const reading = open({ order: 'ascending', exact: true });
    const { checkpoint } = reading.take({ records: at(1, 2, 2) });
    const next = open({ order: 'ascending', exact: true, checkpoint: kept(checkpoint) });
    const ids = next.take({ records: at(1, 2, 2, 2, 2, 3) }).records.map((record) => record.id);
    expect(ids).toEqual([4, 5, 6]);
  });

  it('already taken are told by their key, and by the whole record where there is none', () => {
    const before = [{ id: 1, at: 5, name: 'a' }];
    const now = [{ id: 1, at: 5, name: 'b' }];
    for (const [options, count] of [
      [{ exact: true }, 0],
      [{ exact: true, key: [] }, 1],
      [{ exact: true, seen_by: 'hash' }, 1],
    ] as const)
      expect(read(now, { ...options, checkpoint: read(before, options).checkpoint }).taken).toHaveLength(
        count,
      );
  });

  it('that are equal in everything are counted', () => {
    const twin = { at: 5 };
    const options = { exact: true, key: [] };
    const first = read([twin, twin], options);
    const second = read([twin, twin, twin], { ...options, checkpoint: first.checkpoint });
    expect([first, second].map(({ taken }) => taken)).toEqual([[5, 5], [5]]);
    expect(read([twin, twin, twin], { ...options, checkpoint: second.checkpoint }).taken).toEqual([]);
  });

  it('are remembered up to 10,000, and the error asks for a key', () => {
    const many = (count: number) => Array.from({ length: count }, (_, id) => ({ id, at: 7 }));
    expect(Object.keys(read(many(10_000), { exact: true }).checkpoint.cursor?.seen ?? {})).toHaveLength(
      10_000,
    );
    expect(() => read(many(10_001), { exact: true })).toThrow(
      expect.objectContaining({ code: 'source/too_many_ties', hint: expect.stringContaining('primary_key') }),
    );
  });

  it('are all that is remembered: what lies below the cursor is not', () => {
    const reading = open({ exact: true, order: 'ascending' });
    for (const from of [1, 4]) {
      const { checkpoint } = reading.take({ records: at(from, from + 1, from + 2) });
      expect(checkpoint.cursor).toEqual({ text: String(from + 2), kind: 'number', seen: { '[3]': 1 } });
    }
  });

  it('cost nothing where rows are merged by key, however many', () => {
    const { checkpoint } = read(Array.from({ length: 20_000 }, (_, id) => ({ id, at: 7 })));
    expect(checkpoint).toEqual({ cursor: { text: '7', kind: 'number' } });
  });
});

describe('the cursor', () => {
  it('keeps the text and all digits of the source', () => {
    const text = '2024-01-01 01:00:00.123456789+01';
    expect(read(at(text)).cursor).toBe(text);
    expect(read(at(exactNumber('9007199254740993'))).cursor).toBe('9007199254740993');
    const checkpoint = { cursor: { text, kind: 'timestamp' } } as const;
    expect(read([], { checkpoint, exact: true }).range).toMatchObject({ from: text, kind: 'timestamp' });
  });

  it('comes from records that were taken, never from the clock', () => {
    expect(read(at(3, 9, 5)).cursor).toBe('9');
    expect(read([]).checkpoint).toEqual({});
  });

  it('is not cleared by an empty read or batch', () => {
    const checkpoint = { cursor: { text: '5', kind: 'number', seen: { '[1]': 2 } } } as const;
    for (const order of ['ascending', 'none'] as const)
      for (const full of [false, true]) {
        const { during, checkpoint: after } = read([], { checkpoint, order, full, exact: true });
        expect([during.cursor, after]).toEqual([checkpoint.cursor, checkpoint]);
      }
  });

  it('moves with every batch of a stream in order', () => {
    const reading = open({ order: 'ascending' });
    expect(reading.take({ records: at(1, 2), position: 1 }).checkpoint.cursor?.text).toBe('2');
    expect(reading.take({ records: at(2, 3), position: 2 }).checkpoint).toEqual({
      cursor: { text: '3', kind: 'number' },
    });
  });

  it('of an unsorted stream moves only when the read is complete', () => {
    const checkpoint: Checkpoint = { cursor: { text: '2', kind: 'number' } };
    const reading = open({ checkpoint });
    expect(reading.take({ records: at(9, 3), position: 'p' }).checkpoint).toEqual({
      cursor: { text: '2', kind: 'number' },
      position: { source: 'p', from: { text: '2', kind: 'number' }, highest: { text: '9', kind: 'number' } },
    });
    expect(reading.take({ records: at(4) }).checkpoint).toEqual(checkpoint);
    expect(reading.complete().checkpoint).toEqual({ cursor: { text: '9', kind: 'number' } });
  });

  it('never goes back', () => {
    const checkpoint: Checkpoint = { cursor: { text: '9', kind: 'number' } };
    expect(read(at(8, 7), { checkpoint, lookback: 5 })).toMatchObject({ taken: [8, 7], cursor: '9' });
  });

  it('is not moved by records from the future, which are taken, and told', () => {
    const future = '2099-01-01T00:00:00Z';
    const first = read(at('2024-03-10T00:00:00Z', future), { order: 'ascending' });
    expect(first).toMatchObject({ cursor: '2024-03-10T00:00:00Z', taken: ['2024-03-10T00:00:00Z', future] });
    expect(first.warnings).toEqual([expect.stringContaining(future)]);
    // What happens next is not hidden behind it.
    const today = '2024-03-10T00:10:00Z';
    expect(read(at(today, future), { checkpoint: first.checkpoint }).taken).toEqual([today, future]);
  });

  test.each([['2024-03-10', '2099-01-01'], []])(
    'does not take records from the future twice, where that would double them',
    (...past: string[]) => {
      const records = at(...past, '2099-01-01', '2098-01-01');
      const first = read(records, { exact: true });
      expect(first.taken).toHaveLength(records.length);
      const second = read([...records, { id: 9, at: '2024-03-11' }], {
        exact: true,
        checkpoint: first.checkpoint,
      });
      expect(second.taken).toEqual(['2024-03-11']);
      const now = '2099-06-01T00:00:00.000Z';
      const third = read(records, { exact: true, checkpoint: second.checkpoint, now });
      expect(third).toMatchObject({ taken: [], cursor: '2099-01-01' });
      expect(read(records, { exact: true, checkpoint: third.checkpoint, now }).taken).toEqual([]);
    },
  );
});

describe('a stream stops', () => {
  test.each<[string, SourceRecord[], Options]>([
    ['source/not_sorted', at(1, 3, 2), { order: 'ascending' }],
    ['source/not_sorted', at('2024-01-01T00:00:00Z', '2024-01-01T00:30:00+01:00'), { order: 'ascending' }],
    ['source/cursor_missing', at(1, null), {}],
    ['source/cursor_missing', [{ id: 1 }], {}],
    ['source/cursor_missing', at(null), { exact: true, on_missing: 'include' }],
    ['source/cursor_type', at(1, '10'), {}],
    ['source/cursor_type', at('9', '10'), {}],
    ['source/cursor_type', at('2024-01-01T00:00:00Z', '2024-01-01T00:00:00'), {}],
    ['source/cursor_type', at('10'), { checkpoint: { cursor: { text: '9', kind: 'number' } } }],
    ['source/cursor_type', at('10'), { checkpoint: { cursor: { text: '9', kind: 'text' } } }],
    ['source/cursor_type', at(1, '10'), { initial: '5' }],
    ['source/cursor_type', at(5), { initial: '-90d' }],
    ['source/cursor_type', at(true), {}],
  ])('with %s at %j %j', (expected, records, options) => {
    expect(code(() => read(records, options))).toBe(expected);
  });

  it('when a record of the next batch is below the last one', () => {
    const reading = open({ order: 'ascending' });
    reading.take({ records: at(5) });
    expect(code(() => reading.take({ records: at(4) }))).toBe('source/not_sorted');
  });

  it('telling which record has no cursor', () => {
    expect(() => read(at(null))).toThrow(
      'the cursor field "at" of the record with the key 1 is missing or null',
    );
  });

  it('never by letting the source leave out numbers that are text', () => {
    expect(open({ checkpoint: { cursor: { text: '9', kind: 'text' } } }).range).toEqual({
      field: 'at',
      order: 'none',
      key: ['id'],
    });
  });
});

describe('records without a cursor', () => {
  it('are taken under include, and do not move it', () => {
    expect(read(at(null, 3, null), { on_missing: 'include' })).toMatchObject({
      taken: [null, 3, null],
      cursor: '3',
    });
  });

  it('are left out and counted under exclude', () => {
    expect(read(at(null, 3), { on_missing: 'exclude' })).toMatchObject({
      taken: [3],
      passed: 1,
      cursor: '3',
    });
  });
});

describe('where a read begins', () => {
  const cursor = { text: '2024-03-01T00:00:00Z', kind: 'timestamp' } as const;
  const from = (options: Options) => open(options).range?.from;

  it('is an hour before the cursor of timestamps, for those that come late', () => {
    expect(from({ checkpoint: { cursor } })).toBe('2024-02-29T23:00:00.000000Z');
    const late = at('2024-02-29T23:00:00Z', '2024-02-29T22:59:59Z');
    expect(read(late, { checkpoint: { cursor } })).toMatchObject({
      taken: ['2024-02-29T23:00:00Z'],
      cursor: cursor.text,
    });
  });

  it('is the cursor itself of numbers and text, unless told otherwise', () => {
    expect(from({ checkpoint: { cursor: { text: '50', kind: 'number' } } })).toBe('50');
    expect(from({ checkpoint: { cursor: { text: '50', kind: 'number' } }, lookback: 20 })).toBe('30');
    expect(from({ checkpoint: { cursor }, lookback: 0 })).toBe(cursor.text);
  });

  it('is never below initial', () => {
    expect(from({ checkpoint: { cursor }, initial: '2024-03-01' })).toBe('2024-03-01T00:00:00Z');
    expect(read(at(4, 5, 6), { initial: '5' })).toMatchObject({ taken: [5, 6], passed: 1 });
    expect(
      read(at('2023-12-31T23:30:00-05:00', '2023-12-31T23:30:00Z'), { initial: '2024-01-01' }).taken,
    ).toEqual(['2023-12-31T23:30:00-05:00']);
  });

  it('is counted from the start of the run for an offset, which never overtakes the cursor', () => {
    expect(from({ initial: '-90d' })).toBe('2023-12-11T12:00:00.000Z');
    expect(read(at('2024-03-09', '2024-03-08'), { initial: '-1d' }).taken).toEqual(['2024-03-09']);
    expect(from({ checkpoint: { cursor }, initial: '-1d' })).toBe(cursor.text);
  });

  it('is the cursor where nothing may come twice', () => {
    expect(from({ checkpoint: { cursor }, exact: true, lookback: 5000 })).toBe(cursor.text);
  });

  it('of a full read is initial, with a new cursor once something was taken', () => {
    const checkpoint: Checkpoint = { cursor: { text: '9', kind: 'number' }, position: { source: 7 } };
    const reading = open({ checkpoint, full: true, initial: '2' });
    expect([reading.range?.from, reading.position]).toEqual(['2', undefined]);
    expect(reading.take({ records: at(1), position: 1 }).checkpoint).toEqual(checkpoint);
    const { checkpoint: during } = reading.take({ records: at(3), position: 2 });
    expect(during.cursor).toBeUndefined();
    expect(read(at(4), { checkpoint: during })).toMatchObject({ taken: [4], cursor: '4' });
    expect(reading.complete().checkpoint.cursor?.text).toBe('3');
  });

  it('of a full read may be of another kind', () => {
    const checkpoint: Checkpoint = { cursor: { text: '9', kind: 'number' } };
    expect(read(at('a'), { checkpoint, full: true }).cursor).toBe('a');
  });
});

describe('a window', () => {
  const window = { from: '2024-01-10', to: '2024-01-20' };
  const days = at('2024-01-09', '2024-01-10', '2024-01-19', '2024-01-20');

  it('takes what lies in [from, to), below initial too', () => {
    const { taken, passed, checkpoint, range } = read(days, {
      window,
      initial: '2024-01-15',
      lookback: 86_400_000,
    });
    expect({ taken, passed, checkpoint }).toEqual({
      taken: ['2024-01-10', '2024-01-19'],
      passed: 2,
      checkpoint: {},
    });
    expect(range).toMatchObject({ from: '2024-01-10T00:00:00.000Z', before: '2024-01-20T00:00:00.000Z' });
  });

  it('is understood as the field is written', () => {
    const instants = at(
      '2024-01-19T23:59:59.999999999Z',
      '2024-01-20T00:00:00Z',
      '2024-01-20T00:30:00+01:00',
    );
    expect(read(instants, { window, order: 'none' }).taken).toEqual([instants[0]?.at, instants[2]?.at]);
  });

  it('goes on where it was interrupted, once', () => {
    for (const order of ['ascending', 'none'] as const) {
      const first = open({ window, order, exact: true });
      const { checkpoint } = first.take({ records: days.slice(0, 2), position: 2 });
      const second = open({ window, order, exact: true, checkpoint: kept(checkpoint) });
      expect(second.range).toMatchObject(
        order === 'none' ? { before: '2024-01-20' } : { from: '2024-01-10' },
      );
      const rest = order === 'none' ? days.slice(2) : days;
      expect(second.take({ records: rest, position: 4 }).records.map((record) => record.at)).toEqual([
        '2024-01-19',
      ]);
      expect(second.complete().checkpoint).toEqual({});
    }
  });
});

describe('an interrupted read', () => {
  it('goes on at its position, with the same range and what it met before', () => {
    const checkpoint: Checkpoint = { cursor: { text: '5', kind: 'number' } };
    const first = open({ checkpoint, lookback: 2 });
    const { checkpoint: interrupted } = first.take({ records: at(9, 3), position: { offset: 2 } });
    const second = open({ checkpoint: kept(interrupted), lookback: 0 });
    expect([second.position, second.range?.from]).toEqual([{ offset: 2 }, '3']);
    expect(second.take({ records: at(2, 4), position: 4 })).toMatchObject({ passed: 1 });
    expect(second.complete().checkpoint.cursor?.text).toBe('9');
  });

  it('passes over what was taken before once, not again after it went on', () => {
    const twin = { at: 5 };
    const options = { exact: true, key: [] };
    const { checkpoint } = read([twin], options);
    const first = open({ ...options, checkpoint });
    const passed = first.take({ records: [twin], position: 1 });
    expect(passed.records).toEqual([]);
    const second = open({ ...options, checkpoint: kept(passed.checkpoint) });
    expect(second.take({ records: [twin], position: 2 }).records).toEqual([twin]);
    expect(second.complete().checkpoint.cursor?.seen).toEqual({ '#{"at":5}': 2 });
  });

  it('of records in order goes on at the cursor, so that none added among its ties is passed over', () => {
    const reading = open({ order: 'ascending', exact: true });
    const { checkpoint } = reading.take({ records: [{ id: 9, at: 5 }], position: 1 });
    const next = open({ order: 'ascending', exact: true, checkpoint: kept(checkpoint) });
    const added = { id: 3, at: 5 };
    const { range, position } = open({
      order: 'ascending',
      checkpoint: { ...checkpoint, position: { source: 1 } },
    });
    expect([position, range?.from]).toEqual([undefined, '5']);
    expect(next.take({ records: [added, { id: 9, at: 5 }] }).records).toEqual([added]);
  });

  it('without incremental goes on at its position, and a complete one starts over', () => {
    const whole = { incremental: undefined };
    const reading = open(whole);
    const { checkpoint, records } = reading.take({ records: at(1, null), position: 8 });
    expect([reading.range, records.length, checkpoint]).toEqual([undefined, 2, { position: { source: 8 } }]);
    expect(open({ ...whole, checkpoint }).position).toBe(8);
    expect(open({ ...whole, checkpoint, full: true }).position).toBeUndefined();
    expect(reading.complete()).toEqual({ checkpoint: {}, warnings: [] });
    expect(reading.take({ records: [] }).checkpoint).toEqual({});
  });
});
