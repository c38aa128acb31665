import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { parseJson, printJson } from '../../src/model/json.ts';
import type { SourceRecord, Value } from '../../src/model/types.ts';
import { openReading, type Reading } from '../../src/transform/reading.ts';
import { cases } from '../counts.ts';

/** A record, by its number and its place on the scale of the cursor field. */
interface Entry {
  readonly id: number;
  readonly place: number;
}

/** What happens in one run of a pipeline, and to its source before. */
interface Run {
  /** How far above the cursor each new record is, and how often it is there; or a record that comes another time. */
  readonly added: readonly {
    readonly above: number;
    readonly copies: number;
    readonly again: number | null;
  }[];
  /** Sizes of batches, again and again. */
  readonly sizes: readonly number[];
  /** The process dies after so many commits; at the same time another batch was taken and not committed. */
  readonly dies: number | undefined;
  /** How ties come to lie in a sorted read. */
  readonly shuffle: number;
}

interface World {
  readonly kind: keyof typeof scales;
  readonly order: 'ascending' | 'none';
  readonly exact: boolean;
  readonly keyed: boolean;
  readonly initial: number | undefined;
  readonly runs: readonly Run[];
}

const start = Date.parse('2024-01-01T00:00:00Z');
const hour = 3_600_000;
const zones = ['Z', '+00:00', '.000Z', '.0000000000Z'];
const dayOf = (place: number) => new Date(start + place * 24 * hour).toISOString().slice(0, 10);

/** Values of each kind by their place, and the hours from one place to the next. */
const scales = {
  number: {
    write: ({ place }: Entry): Value => place - 10,
    placeOf: (text: string) => Number(text) + 10,
    step: 1,
  },
  timestamp: {
    write: ({ place, id }: Entry): Value => {
      const iso = new Date(start + place * hour).toISOString().slice(0, 19);
      return iso + (zones[id % zones.length] ?? 'Z');
    },
    placeOf: (text: string) => (Date.parse(text.replace(/\.0+Z/, 'Z')) - start) / hour,
    step: 1,
  },
  date: {
    write: ({ place }: Entry): Value => dayOf(place),
    placeOf: (text: string) => (Date.parse(text) - start) / (24 * hour),
    step: 24,
  },
} as const;

const run: fc.Arbitrary<Run> = fc
  .record({
    added: fc.array(
      fc.record({
        above: fc.oneof(fc.nat(3), fc.nat(60)),
        copies: fc.constantFrom(1, 1, 1, 2, 3),
        again: fc.option(fc.nat(20)),
      }),
      { maxLength: 12 },
    ),
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    dies: fc.option(fc.nat(4)),
    shuffle: fc.nat(1000),
  })
  .map((drawn) => ({ ...drawn, dies: drawn.dies ?? undefined }));

const world: fc.Arbitrary<World> = fc
  .record({
    kind: fc.constantFrom('number', 'timestamp', 'date'),
    order: fc.constantFrom('ascending', 'none'),
    exact: fc.boolean(),
    keyed: fc.boolean(),
    initial: fc.option(fc.nat(8)),
    runs: fc.array(run, { minLength: 1, maxLength: 8 }),
  })
  .map((drawn) => ({ ...drawn, initial: drawn.initial ?? undefined }));

/** A source, the ids of all records taken by committed batches, and the checkpoint committed with them. */
class History {
  readonly entries: Entry[] = [];
  readonly taken: number[] = [];
  checkpoint: Checkpoint = {};
  readonly #world: World;
  #runs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  live({ added, sizes, dies, shuffle }: Run): void {
    const { order } = this.#world;
    const boundary = this.cursorPlace() ?? 0;
    for (const { above, copies, again } of added) {
      const old = again === null ? undefined : this.entries[again];
      const fresh = { id: this.entries.length, place: Math.max(boundary, 0) + above };
      const entry = old && old.place >= boundary ? old : fresh;
      this.entries.push(...Array<Entry>(copies).fill(entry));
    }
    this.#runs += 1;
    const reading = this.#open();
    const from = order === 'none' ? Number(reading.position ?? 0) : 0;
    const all = order === 'none' ? this.entries.slice(from) : this.#sorted(shuffle);
    let commits = 0;
    for (let at = 0, batch = 0; at < all.length; batch++) {
      const part = all.slice(at, at + (sizes[batch % sizes.length] ?? 1));
      at += part.length;
      const { records, checkpoint } = reading.take({
        records: part.map((entry) => this.#record(entry)),
        position: order === 'none' ? from + at : undefined,
      });
      if (commits++ === dies) return;
      this.#commit(records, checkpoint);
    }
    if (dies === undefined) this.#commit([], reading.complete().checkpoint);
  }

  cursorPlace(): number | undefined {
    const { cursor } = this.checkpoint;
    return cursor && scales[this.#world.kind].placeOf(cursor.text);
  }

  wanted(): Entry[] {
    const { initial = Number.NEGATIVE_INFINITY } = this.#world;
    return this.entries.filter(({ place }) => place >= initial);
  }

  #open(): Reading {
    const { kind, order, exact, keyed, initial } = this.#world;
    const { step, write } = scales[kind];
    const written = initial === undefined ? undefined : String(write({ id: 0, place: initial }));
    return openReading({
      incremental: { cursor_field: 'at', order, on_missing: 'error', initial: written },
      checkpoint: parseJson(printJson(this.checkpoint as Value)) as Checkpoint,
      // Time goes on, so that what was in the future is so no longer.
      now: new Date(start + this.#runs * 5 * step * hour).toISOString(),
      exact,
      full: false,
      key: keyed ? ['id'] : [],
      hash: printJson,
    });
  }

  #record(entry: Entry): SourceRecord {
    return { id: entry.id, at: scales[this.#world.kind].write(entry) };
  }

  #sorted(shuffle: number): Entry[] {
    const rank = ({ id }: Entry) => (id * 7919 + shuffle * 104_729) % 1009;
    return [...this.entries].sort((a, b) => a.place - b.place || rank(a) - rank(b));
  }

  #commit(records: readonly SourceRecord[], checkpoint: Checkpoint): void {
    this.taken.push(...records.map(({ id }) => Number(id)));
    this.checkpoint = checkpoint;
  }
}

const ended: Run = { added: [], sizes: [3], dies: undefined, shuffle: 0 };
const ascending = (a: number, b: number) => a - b;

it('takes every record, and where it would double exactly once, whatever the batches, ties and crashes', () => {
  const property = fc.property(world, (drawn) => {
    const history = new History(drawn);
    for (const one of [...drawn.runs, ended, ended]) history.live(one);
    const wanted = history.wanted().map(({ id }) => id);
    if (drawn.exact) expect(history.taken.toSorted(ascending)).toEqual(wanted.toSorted(ascending));
    else expect(new Set(history.taken)).toEqual(new Set(wanted));
  });
  fc.assert(property, { numRuns: cases * 5 });
});

it('keeps no cursor that is ahead of what was taken', () => {
  const property = fc.property(world, (drawn) => {
    const history = new History(drawn);
    for (const one of drawn.runs) {
      const added = history.entries.length;
      history.live(one);
      const cursor = history.cursorPlace();
      if (cursor === undefined) continue;
      const taken = new Set(history.taken);
      const missed = history.wanted().filter(({ id, place }) => place < cursor && !taken.has(id));
      expect(missed, `after ${added} records`).toEqual([]);
    }
  });
  fc.assert(property, { numRuns: cases });
});
