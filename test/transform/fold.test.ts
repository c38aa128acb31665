import { describe, expect, it } from 'vitest';
import type { Cell, Scope } from '../../src/model/types.ts';
import { keyOf } from '../../src/transform/cells.ts';
import { fold } from '../../src/transform/fold.ts';
import { MergeTable, targetOf } from './merge-table.ts';

const id = { name: 'id', type: 'integer' } as const;
const name = { name: 'name', type: 'string' } as const;
const best = { name: 'best', type: 'integer', strategy: { type: 'max' } } as const;

describe('a batch', () => {
  const target = targetOf([id, name, best]);

  it('counts a key once, judged from before the batch to after it', () => {
    const table = new MergeTable(target);
    const { changes, counts } = table.commit([
      [1, 'a', 5],
      [2, 'b', undefined],
      [1, 'c', 3],
    ]);
    expect(counts).toEqual({ inserted: 2, updated: 0, unchanged: 0, deleted: 0, kept: 0 });
    expect(changes).toEqual([
      { kind: 'insert', key: keyOf([1]), row: [1, 'c', 5] },
      { kind: 'insert', key: keyOf([2]), row: [2, 'b', undefined] },
    ]);
  });

  it('names the cells that differ, and the row before', () => {
    const table = new MergeTable(target);
    table.commit([[1, 'a', 5]]);
    const { changes, counts } = table.commit([
      [1, 'b', 4],
      [1, undefined, 7],
    ]);
    expect(counts).toEqual({ inserted: 0, updated: 1, unchanged: 0, deleted: 0, kept: 0 });
    expect(changes).toEqual([
      { kind: 'update', key: keyOf([1]), before: [1, 'a', 5], row: [1, 'b', 7], changed: [1, 2] },
    ]);
  });

  it('takes a row that comes back to what it was for unchanged', () => {
    const json = { name: 'data', type: 'json' } as const;
    const table = new MergeTable(targetOf([id, json]));
    table.commit([[1, '{"a":1,"b":2}']]);
    const { changes, counts } = table.commit([
      [1, '[]'],
      [1, '{"b":2,"a":1.0}'],
    ]);
    expect({ changes, counts }).toMatchObject({ changes: [], counts: { unchanged: 1, updated: 0 } });
  });

  it('says nothing of keys it has no row for', () => {
    const existing = new Map([[keyOf([9]), { row: [9, 'z', 1] }]]);
    expect(fold({ target, rows: [] }, existing).changes).toEqual([]);
  });

  it('tells the text 1 from the number 1 in a key', () => {
    const table = new MergeTable(
      targetOf(
        [
          { ...id, type: 'string' },
          { ...name, type: 'integer' },
        ],
        [0, 1],
      ),
    );
    expect(
      table.commit([
        ['1:2', 3],
        ['1', 23],
        ['1', 2],
        ['12', 3],
      ]).counts.inserted,
    ).toBe(4);
  });
});

describe('keep_edits', () => {
  const target = targetOf([id, { ...name, strategy: { type: 'keep_edits' } }]);
  const key = keyOf([1]);

  /** A table that Syncline wrote `written` to, and where a person then put `edited`. */
  function edited(written: Cell, edited: Cell): MergeTable {
    const table = new MergeTable(target);
    table.commit([[1, written]]);
    table.edit(key, 1, edited);
    return table;
  }

  it('follows the source while nobody edits', () => {
    const table = edited('a', 'a');
    table.commit([
      [1, 'b'],
      [1, 'c'],
    ]);
    expect(table.rows.get(key)).toEqual({ row: [1, 'c'], written: [undefined, 'c'] });
    table.commit([[1, null]]);
    expect(table.only).toEqual([1, null]);
  });

  it("keeps a person's value, counts the field once, and does not move the memory", () => {
    const table = edited('a', 'mine');
    const { changes, counts } = table.commit([
      [1, 'b'],
      [1, 'c'],
      [1, null],
    ]);
    expect(counts).toEqual({ inserted: 0, updated: 0, unchanged: 1, deleted: 0, kept: 1 });
    expect(changes).toEqual([]);
    expect(table.rows.get(key)?.written).toEqual([undefined, 'a']);
  });

  it('counts every kept field of a row', () => {
    const strategy = { type: 'keep_edits' } as const;
    const table = new MergeTable(targetOf([id, { ...name, strategy }, { ...best, strategy }]));
    table.rows.set(key, { row: [1, 'mine', 1] });
    expect(table.commit([[1, 'b', 2]]).counts.kept).toBe(2);
  });

  it('says nothing of a memory that moved and came back, or never moved', () => {
    const table = new MergeTable(targetOf([id, { ...name, tracked: true }, best]));
    table.commit([[1, 'a', 1]]);
    expect(
      table.commit([
        [1, 'b', 1],
        [1, 'a', 1],
      ]).changes,
    ).toEqual([]);
    expect(table.commit([[1, 'a', 2]]).changes).toEqual([
      { kind: 'update', key, before: [1, 'a', 1], row: [1, 'a', 2], changed: [2] },
    ]);
  });

  it('is released by putting the old value back', () => {
    const table = edited('a', 'mine');
    table.commit([[1, 'b']]);
    table.edit(key, 1, 'a');
    table.commit([[1, 'c']]);
    expect(table.only).toEqual([1, 'c']);
  });

  it('is released by the source saying the same, which is remembered without a change of the row', () => {
    const table = edited('a', 'mine');
    const { changes, counts } = table.commit([[1, 'mine']]);
    expect(changes).toEqual([{ kind: 'remember', key, row: [1, 'mine'], written: [undefined, 'mine'] }]);
    expect(counts.unchanged).toBe(1);
    table.commit([[1, 'b']]);
    expect(table.only).toEqual([1, 'b']);
  });

  it('fills a deliberate blank again', () => {
    const table = edited('a', null);
    table.commit([[1, 'a']]);
    expect(table.only).toEqual([1, 'a']);
  });

  it("takes a row already there before Syncline knew it for a person's", () => {
    const table = new MergeTable(target);
    table.rows.set(key, { row: [1, 'mine'] });
    expect(table.commit([[1, 'b']]).counts.kept).toBe(1);
    expect(table.only).toEqual([1, 'mine']);
  });

  it('remembers a null that was written, but nothing of a missing field', () => {
    const table = new MergeTable(targetOf([id, { ...name, tracked: true }, { ...best, tracked: true }]));
    table.commit([[1, null, undefined]]);
    expect(table.rows.get(key)?.written).toEqual([undefined, null, undefined]);
  });

  it('compares json by value', () => {
    const table = new MergeTable(
      targetOf([id, { name: 'data', type: 'json', strategy: { type: 'keep_edits' } }]),
    );
    table.commit([[1, '{"a":1,"b":2}']]);
    table.edit(key, 1, '{"b":2,"a":1.0}');
    const { counts } = table.commit([[1, '[]']]);
    expect(counts).toMatchObject({ kept: 0, updated: 1 });
  });
});

describe('a tracked column under another strategy', () => {
  const target = targetOf([id, { ...best, tracked: true }]);
  const key = keyOf([1]);

  it('remembers what was written, or what the source says too', () => {
    const table = new MergeTable(target);
    table.commit([[1, 5]]);
    expect(table.commit([[1, 7]]).changes).toMatchObject([{ kind: 'update', written: [undefined, 7] }]);
    table.edit(key, 1, 9);
    expect(table.commit([[1, 8]]).changes).toEqual([]);
    expect(table.commit([[1, 9]]).changes).toMatchObject([{ kind: 'remember', written: [undefined, 9] }]);
  });
});

describe('replace_within', () => {
  const columns = [{ ...name, name: 'parent' }, id, best];
  const target = targetOf(columns, [0, 1], [0]);
  const scope = (parent: string, from: number, to: number, more?: Partial<Scope>): Scope => ({
    from,
    to,
    parent: [parent],
    seen: [],
    ...more,
  });
  function filled(): MergeTable {
    const table = new MergeTable(target);
    table.commit([
      ['a', 1, 1],
      ['a', 2, 2],
      ['b', 1, 1],
    ]);
    return table;
  }
  const kinds = (table: MergeTable, rows: (string | number)[][], ...scopes: Scope[]) => {
    const { changes, counts } = table.commit(rows, scopes);
    return { changes: changes.map(({ kind, key }) => `${kind} ${key}`), counts };
  };

  it('removes the rows of the parent that are not seen, and no others', () => {
    const { changes, counts } = kinds(
      filled(),
      [
        ['a', 2, 2],
        ['a', 3, 3],
      ],
      scope('a', 0, 2),
    );
    expect(counts).toEqual({ inserted: 1, updated: 0, unchanged: 1, deleted: 1, kept: 0 });
    expect(changes).toEqual([`insert ${keyOf(['a', 3])}`, `delete ${keyOf(['a', 1])}`]);
  });

  it('removes all rows of a parent that has none left', () => {
    expect(kinds(filled(), [], scope('a', 0, 0)).counts.deleted).toBe(2);
  });

  it('removes them in the order of their keys, however they lie', () => {
    const table = new MergeTable(target);
    for (const place of [3, 1, 2]) table.commit([['a', place, 1]]);
    const removed = [1, 2, 3].map((place) => `delete ${keyOf(['a', place])}`);
    expect(kinds(table, [], scope('a', 0, 0)).changes).toEqual(removed);
    for (const place of [2, 3, 1]) table.commit([['a', place, 1]]);
    expect(kinds(table, [], scope('a', 0, 0, { deleted: true })).changes).toEqual(removed);
  });

  it('counts rejected rows as seen', () => {
    expect(kinds(filled(), [], scope('a', 0, 0, { seen: [['a', 1]] })).counts.deleted).toBe(1);
  });

  it('removes nothing where it is not sure what the record holds', () => {
    expect(kinds(filled(), [], scope('a', 0, 0, { withhold: true })).counts.deleted).toBe(0);
  });

  it('judges a row that goes and comes back as a whole, without what it held before', () => {
    const back = (...cells: (number | undefined)[]) =>
      filled().commit(
        [
          ['a', 2, 2],
          ['a', 1, ...cells],
        ],
        [scope('a', 0, 1), scope('a', 1, 2, { seen: [['a', 2]] })],
      );
    expect(back(1)).toMatchObject({ changes: [], counts: { unchanged: 2, deleted: 0 } });
    expect(back(0).changes).toMatchObject([{ kind: 'update', row: ['a', 1, 0] }]);
    expect(back(undefined).changes).toMatchObject([{ kind: 'update', row: ['a', 1, null] }]);
  });

  it('compares json by value where a row goes and comes back', () => {
    const table = new MergeTable(targetOf([...columns, { name: 'data', type: 'json' }], [0, 1], [0]));
    table.commit([['a', 1, 1, '[1]']]);
    expect(table.commit([['a', 1, 1, '[1.0]']], [scope('a', 0, 0), scope('a', 0, 1)]).changes).toEqual([]);
  });

  it('counts no kept field of a row that is removed', () => {
    const mine = { name: 'mine', type: 'string', strategy: { type: 'keep_edits' } } as const;
    const table = new MergeTable(targetOf([...columns, mine], [0, 1], [0]));
    table.rows.set(keyOf(['a', 1]), { row: ['a', 1, 1, 'mine'] });
    const { counts } = table.commit([['a', 1, 1, 'b']], [scope('a', 0, 1), scope('a', 1, 1)]);
    expect(counts).toMatchObject({ deleted: 1, kept: 0 });
  });

  it('says nothing of a row that came and went', () => {
    const { changes, counts } = kinds(filled(), [['c', 1, 1]], scope('c', 0, 1), scope('c', 1, 1));
    expect({ changes, counts }).toMatchObject({ changes: [], counts: { inserted: 0, deleted: 0 } });
  });
});
