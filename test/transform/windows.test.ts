import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Checkpoint, CursorRange } from '../../src/model/checkpoint.ts';
import { parseJson, printJson } from '../../src/model/json.ts';
import type { SourceRecord, Value } from '../../src/model/types.ts';
import type { Incremental } from '../../src/transform/incremental.ts';
import { openReading } from '../../src/transform/reading.ts';
import '../counts.ts';

const now = '2024-03-10T12:00:00.000Z';
const day = 86_400_000;

function open(incremental: Partial<Incremental>, checkpoint: Checkpoint = {}, exact = true) {
  return openReading({
    incremental: {
      cursor_field: 'at',
      order: 'none',
      on_missing: 'exclude',
      initial: '-90d',
      ...incremental,
    },
    checkpoint: parseJson(printJson(checkpoint as Value)) as Checkpoint,
    now,
    exact,
    full: false,
    key: ['id'],
    hash: (record) => printJson(record),
  });
}

/** A source that heeds the range roughly, as databases do with times they have as text. */
function answer(records: readonly SourceRecord[], { from, before, order }: CursorRange): SourceRecord[] {
  const least = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from) - day;
  const most = before === undefined ? Number.POSITIVE_INFINITY : Date.parse(before) + day;
  const time = ({ at }: SourceRecord) => Date.parse(String(at));
  const found = records.filter((record) => time(record) >= least && time(record) <= most);
  return order === 'ascending' ? found.sort((a, b) => time(a) - time(b)) : found;
}

/** Reads to the end, or to where it is cut off: after so many batches. */
function readOn(
  records: readonly SourceRecord[],
  incremental: Partial<Incremental>,
  checkpoint: Checkpoint,
  { size, batches }: { readonly size: number; readonly batches: number },
): { readonly taken: readonly SourceRecord[]; readonly checkpoint: Checkpoint; readonly windows: number } {
  const reading = open(incremental, checkpoint);
  const taken: SourceRecord[] = [];
  let reached = checkpoint;
  let left = batches;
  for (let windows = 1; ; windows++) {
    if (reading.range === undefined) throw new Error('an incremental read has a range');
    const page = answer(records, reading.range);
    for (let at = Number(reading.position ?? 0); at < page.length; at += size) {
      if (left-- === 0) return { taken, checkpoint: reached, windows };
      const batch = reading.take({ records: page.slice(at, at + size), position: at + size });
      taken.push(...batch.records);
      reached = batch.checkpoint;
    }
    const next = reading.advance();
    if (next === undefined) return { taken, checkpoint: reading.complete().checkpoint, windows };
    reached = next;
  }
}

const start = Date.parse(now) - 90 * day;
const record = fc.record({
  minutes: fc.integer({ min: -1000, max: 90 * 1440 }),
  form: fc.constantFrom('z', 'offset'),
});
const recordsOf = (drawn: readonly { readonly minutes: number; readonly form: string }[]): SourceRecord[] =>
  drawn.map(({ minutes, form }, id) => {
    const instant = new Date(start + minutes * 60_000);
    const text = instant.toISOString();
    const shifted = new Date(instant.getTime() + 3_600_000).toISOString();
    return { id, at: form === 'z' ? text : shifted.replace('Z', '+01:00') };
  });
const ids = (records: readonly SourceRecord[]) => records.map(({ id }) => Number(id)).sort((a, b) => a - b);

it('takes every record of the range exactly once, wherever the windows end and the read is cut off', () => {
  const drawn = fc.tuple(
    fc.array(record, { maxLength: 60 }),
    fc.constantFrom('none', 'ascending'),
    fc.integer({ min: 1, max: 40 }).map((days) => days * day - 12_345_678),
    fc.integer({ min: 1, max: 7 }),
    fc.array(fc.nat(6), { maxLength: 6 }),
  );
  fc.assert(
    fc.property(drawn, ([minutes, order, step, size, cuts]) => {
      const records = recordsOf(minutes);
      const expected = records.filter(({ at }) => Date.parse(String(at)) >= start);
      const taken: SourceRecord[] = [];
      let checkpoint: Checkpoint = {};
      for (const batches of [...cuts, Number.POSITIVE_INFINITY]) {
        const part = readOn(records, { step, order: order as 'none' }, checkpoint, { size, batches });
        taken.push(...part.taken);
        checkpoint = part.checkpoint;
      }
      expect(ids(taken)).toEqual(ids(expected));
      const whole = readOn(
        records,
        { order: order as 'none' },
        {},
        { size, batches: Number.POSITIVE_INFINITY },
      );
      expect(checkpoint).toEqual(whole.checkpoint);
    }),
  );
});

it('goes on in the window where it was cut off, and asks for no other', () => {
  const records = recordsOf([
    { minutes: 5 * 1440, form: 'z' },
    { minutes: 50 * 1440, form: 'z' },
  ]);
  const half = readOn(records, { step: 30 * day }, {}, { size: 1, batches: 1 });
  const goneOn = open({ step: 30 * day }, half.checkpoint);
  expect(goneOn.range).toMatchObject({
    from: '2024-01-10T12:00:00.000Z',
    before: '2024-02-09T12:00:00.000Z',
  });
  expect(goneOn.advance()?.position).toMatchObject({ window: '2024-02-09T12:00:00.000Z' });
  expect(goneOn.range?.before).toBe(undefined);
  expect(readOn(records, { step: 30 * day }, {}, { size: 1, batches: 99 }).windows).toBe(3);
});

it('takes records without a time once, not once per window', () => {
  const reading = open({ step: 30 * day, on_missing: 'include' }, {}, false);
  const count = () => reading.take({ records: [{ id: 1, at: null }] }).records.length;
  const counts = [count()];
  while (reading.advance()) counts.push(count());
  expect(counts).toEqual([1, 0, 0]);
});

it('takes a record that lies on the edge of two windows in the later one only', () => {
  const records = Array.from({ length: 90 }, (_, id) => ({
    id,
    at: new Date(start + id * day).toISOString(),
  }));
  for (const order of ['none', 'ascending'] as const) {
    const { taken } = readOn(records, { order, step: 7 * day }, {}, { size: 4, batches: 999 });
    expect(ids(taken)).toEqual(records.map(({ id }) => id));
  }
});

it('cuts dates and times without a zone as it cuts instants', () => {
  const records = Array.from({ length: 90 }, (_, id) => ({
    id,
    at: new Date(start + (id + 1) * day).toISOString().slice(0, 10),
  }));
  const { taken } = readOn(records, { step: 7 * day }, {}, { size: 4, batches: 999 });
  expect(ids(taken)).toEqual(records.map(({ id }) => id));
});

it('refuses to cut what is no time', () => {
  const reading = open({ step: day });
  expect(() => reading.take({ records: [{ id: 1, at: 5 }] })).toThrow(
    expect.objectContaining({ code: 'source/cursor_type' }),
  );
});
