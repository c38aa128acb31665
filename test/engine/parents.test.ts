import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParentConfig } from '../../src/config/config.ts';
import { type Handover, handOver, type WalkPosition } from '../../src/engine/handovers.ts';
import { readForParents, type SiblingBatch } from '../../src/engine/parent-walk.ts';
import { SharedWalk } from '../../src/engine/shared-walk.ts';
import { siblingsOf } from '../../src/engine/siblings.ts';
import { Spool } from '../../src/engine/spool.ts';
import type { SourceRecord, Value } from '../../src/model/types.ts';
import type { Batch, OpenSource } from '../../src/plugin/contract.ts';

const signal = new AbortController().signal;

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** How a stream `notes` is read for the records of `contacts`: so many notes each, in pages. */
interface Setting {
  readonly notes: readonly number[];
  readonly page: number;
  readonly rows: number;
  readonly batch: number;
  readonly parallel: number;
  /** Whether the source tells where to go on in the middle. */
  readonly resumable: boolean;
  readonly together: boolean;
  readonly exact: boolean;
}

const usual: Setting = {
  notes: [2, 0, 3],
  page: 2,
  rows: 100,
  batch: 1,
  parallel: 1,
  resumable: true,
  together: false,
  exact: false,
};

const options = { path: '/notes/{contacts[].id}' };
const parentOf = (batch: number): ParentConfig => ({ stream: 'contacts', batch, on_missing: 'error' });
const contactsOf = ({ notes }: Setting): SourceRecord[] => notes.map((count, id) => ({ id, count }));

/** A source of notes; `asked` hears of each page, and may throw. */
function notesOf(setting: Setting, asked: (ids: string) => void = () => undefined): OpenSource {
  const { page, resumable, parallel, notes } = setting;
  return {
    parallel,
    async *read({ options: filled, position = 0 }) {
      const { path } = filled as typeof options;
      const ids = path.split('/').at(-1) ?? '';
      const records = ids
        .split(',')
        .flatMap((id) =>
          Array.from({ length: notes[Number(id)] ?? 0 }, (_, note) => ({ contact: Number(id), note })),
        );
      for (let at = Number(position); at === 0 || at < records.length; at += page) {
        asked(ids);
        const next = at + page < records.length && resumable ? at + page : undefined;
        yield { records: records.slice(at, at + page), bytes: page, position: next };
      }
    },
    close: async () => undefined,
  };
}

function walk(setting: Setting, source = notesOf(setting), position?: WalkPosition) {
  const { batch, rows, together, exact } = setting;
  const walked = { stream: 'notes', parent: parentOf(batch), options };
  return readForParents({
    source,
    request: { stream: 'notes', options, batch: { rows, bytes: 1000 }, signal },
    handovers: handOver(each(contactsOf(setting)), walked, position),
    options: ({ fill }: Handover) => {
      const filling = fill({ kind: 'parent', stream: 'contacts', path: 'id', several: true });
      return { path: `/notes/${filling && 'joined' in filling ? filling.joined.join(',') : ''}` };
    },
    total: setting.notes.length,
    single: batch === 1,
    together,
    exact,
  });
}

const modelOf = ({ notes }: Setting) =>
  notes.flatMap((count, contact) => Array.from({ length: count }, (_, note) => ({ contact, note })));

const settings = fc.record({
  notes: fc.array(fc.nat(7), { maxLength: 12 }),
  page: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 4, max: 9 }),
  batch: fc.constantFrom(1, 1, 2, 5),
  parallel: fc.constantFrom(1, 2, 3),
  resumable: fc.boolean(),
  together: fc.constant(false),
  exact: fc.boolean(),
});

const positionOf = ({ position }: SiblingBatch) => position as unknown as WalkPosition | undefined;

describe('a stream that is read for each record of another', () => {
  it('gives the same records in the same order, however they are fetched and batched', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (setting) => {
        const batches = await all(walk(setting));
        expect(batches.flatMap(({ records }) => records)).toEqual(modelOf(setting));
        for (const { records } of batches) expect(records.length).toBeLessThanOrEqual(setting.rows);
      }),
    );
  });

  it('goes on from any position with exactly what came after it', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.nat(), async (setting, cut) => {
        const batches = await all(walk(setting));
        const taken = batches.slice(0, batches.length === 0 ? 0 : (cut % batches.length) + 1);
        const position = taken.at(-1) && positionOf(taken.at(-1) as SiblingBatch);
        if (taken.length > 0 && position === undefined) return;
        const rest = await all(walk(setting, notesOf(setting), position));
        const read = [...taken, ...rest].flatMap(({ records }) => records);
        // Without positions of the source, what was read of the record at hand comes again, unless it may not.
        if (setting.resumable || setting.exact) expect(read).toEqual(modelOf(setting));
        else expect(new Set(read.map((one) => JSON.stringify(one))).size).toBe(modelOf(setting).length);
      }),
    );
  });

  it('tells of every record for which parent it was read, and which parents are whole', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.boolean(), async (drawn, together) => {
        const setting = { ...drawn, batch: 1, together };
        const seen = new Map<Value, { records: number; whole: boolean; told: number }>();
        for (const { records, siblings = [] } of await all(walk(setting))) {
          let at = 0;
          for (const { parent, records: count, whole } of siblings) {
            const id = (parent as { id: number }).id;
            for (const { contact } of records.slice(at, at + count)) expect(contact).toBe(id);
            at += count;
            const before = seen.get(id) ?? { records: 0, whole: true, told: 0 };
            seen.set(id, { records: before.records + count, whole, told: before.told + 1 });
          }
          expect(at).toBe(records.length);
        }
        for (const [id, count] of setting.notes.entries()) {
          const found = seen.get(id);
          expect(found?.records ?? 0).toBe(count);
          if (together) expect(found).toMatchObject({ whole: true, told: 1 });
          if (found) expect(found.whole).toBe(found.told === 1);
        }
      }),
    );
  });

  it('reads small ones into one batch, and what a failed read leaves whole is given out before', async () => {
    expect(await all(walk({ ...usual, notes: Array(50).fill(2) }))).toHaveLength(1);
    const batches: SiblingBatch[] = [];
    const source = notesOf(usual, (ids) => {
      if (ids === '2') throw new Error('no answer');
    });
    const reading = async () => {
      for await (const batch of walk(usual, source)) batches.push(batch);
    };
    await expect(reading()).rejects.toThrow('no answer');
    expect(batches).toMatchObject([{ records: [{ contact: 0 }, { contact: 0 }], position: { done: 2 } }]);
  });

  it('asks for as many at once as the source says, and no more', async () => {
    const asked: string[] = [];
    const batches = walk(
      { ...usual, rows: 2, notes: [2, 2, 2, 2, 2], parallel: 3 },
      notesOf({ ...usual, notes: [2, 2, 2, 2, 2], parallel: 3 }, (ids) => asked.push(ids)),
    );
    await batches.next();
    // The first is given out when the second is there, which makes room for one more.
    expect(asked).toEqual(['0', '1', '2', '3']);
    await batches.return(undefined);
    expect(asked).toHaveLength(4);
  });

  it('hands over several at a time', async () => {
    const asked: string[] = [];
    const setting = { ...usual, notes: [1, 1, 1, 1, 1], batch: 2 };
    const [batch] = await all(
      walk(
        setting,
        notesOf(setting, (ids) => asked.push(ids)),
      ),
    );
    expect(asked).toEqual(['0,1', '2,3', '4']);
    expect(batch?.siblings).toBeUndefined();
  });

  it('holds what one parent has in one batch, and refuses more than a batch may hold', async () => {
    const setting = { ...usual, notes: [3, 30, 2], rows: 4, together: true };
    const sizes = (await all(walk(setting))).map(({ records }) => records.length);
    expect(sizes).toEqual([3, 30, 2]);
    const large = { ...setting, notes: [3, 3000] };
    await expect(all(walk(large))).rejects.toMatchObject({
      code: 'source/parent_size',
      message: expect.stringContaining('{"id":1,"count":3000}'),
    });
  });

  it('loses its position when the parents before it are others', async () => {
    const [first] = await all(walk({ ...usual, rows: 2, notes: [2, 2, 2] }));
    const position = positionOf(first as SiblingBatch);
    const others = { stream: 'notes', parent: parentOf(1), options };
    for (const ids of [[7, 0, 1, 2], []]) {
      const rest = handOver(each(ids.map((id) => ({ id }))), others, position);
      await expect(all(rest)).rejects.toMatchObject({ code: 'source/position_lost' });
    }
  });

  it('stops at a parent without the value, or leaves it out', async () => {
    const contacts: SourceRecord[] = [{ id: 1 }, { id: null }, {}, { id: 4 }];
    const walked = { stream: 'notes', parent: parentOf(1), options };
    await expect(all(handOver(each(contacts), walked))).rejects.toMatchObject({
      code: 'source/parent_value',
    });
    const leaving = { ...walked, parent: { ...parentOf(1), on_missing: 'exclude' as const } };
    const handed = await all(handOver(each(contacts), leaving));
    expect(handed.flatMap(({ records }) => records)).toEqual([{ id: 1 }, { id: 4 }]);
  });

  it('shapes each value as it is told', async () => {
    const parent = { ...parentOf(2), as: 'urn:x:{kind}:{id}' };
    const contacts = [1, 2, 3].map((id) => ({ id, kind: 'a' }));
    const handed = await all(handOver(each(contacts), { stream: 'notes', parent, options }));
    const fillings = handed.map(({ fill }) =>
      fill({ kind: 'parent', stream: 'contacts', path: 'id', several: true }),
    );
    expect(fillings).toEqual([{ joined: ['urn:x:a:1', 'urn:x:a:2'] }, { joined: ['urn:x:a:3'] }]);
  });
});

describe('siblings', () => {
  it('are those of the records that were taken', () => {
    const records = Array.from({ length: 6 }, (_, id) => ({ id }));
    const siblings = [
      { parent: 'a', records: 2, whole: true },
      { parent: 'b', records: 0, whole: true },
      { parent: 'c', records: 4, whole: true },
    ];
    fc.assert(
      fc.property(fc.subarray(records), (taken) => {
        const found = siblingsOf(siblings, records, taken);
        const parents = found.flatMap(({ parent, records: count }) => Array(count).fill(parent));
        expect(parents).toEqual(taken.map(({ id }) => (id < 2 ? 'a' : 'c')));
        expect(found).toHaveLength(3);
      }),
    );
  });
});

describe('a spool', () => {
  it('gives back its batches exactly, those on disk too', async () => {
    const spool = new Spool();
    const batches = Array.from({ length: 12 }, (_, n): Batch => {
      const records = Array.from({ length: 999 }, (_, id) => ({ id, n, line: '\u2028\n"', long: 2n ** 70n }));
      return { records, bytes: 10, position: n, detail: `page ${n}` };
    });
    for (const batch of batches) await spool.add(batch);
    expect(spool.records).toBe(12 * 999);
    for (const [index, batch] of batches.entries()) expect(await spool.read(index)).toEqual(batch);
    await spool.close();
    expect(await spool.read(0)).toEqual(batches[0]);
    await expect(spool.read(11)).rejects.toThrow('closed');
  });
});

describe('a shared walk', () => {
  it('fetches every batch once, as soon as the first reader wants it, and fails for all', async () => {
    let fetched = 0;
    const source = async function* (): AsyncGenerator<Batch> {
      for (; fetched < 3; fetched++) yield { records: [{ id: fetched }], bytes: 1 };
      throw new Error('cut off');
    };
    const shared = new SharedWalk(source());
    const first = shared.batches();
    expect((await first.next()).value?.records).toEqual([{ id: 0 }]);
    expect(fetched).toBe(0);
    await expect(shared.count()).rejects.toThrow('cut off');
    expect((await first.next()).value?.records).toEqual([{ id: 1 }]);
    await first.next();
    await expect(first.next()).rejects.toThrow('cut off');
    await expect(all(shared.batches())).rejects.toThrow('cut off');
    expect(fetched).toBe(3);
    await shared.close();
  });
});
