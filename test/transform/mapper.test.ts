import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { Column, SourceRecord, Strategy } from '../../src/model/types.ts';
import { createMapper } from '../../src/transform/mapper.ts';
import type { Field, Mapping } from '../../src/transform/mapping.ts';

type Loose = { readonly [name: string]: unknown };

function mapperOf(mapping: Partial<Mapping> = {}) {
  return createMapper({
    rest: 'drop',
    checks: new Map(),
    primary_key: [],
    strategy: (): Strategy => ({ type: 'overwrite' }),
    schema_contract: 'evolve',
    run: { id: 'R1', started_at: '2024-01-02T03:04:05.000Z' },
    ...mapping,
  });
}

/** Learns from the records and maps them, as a run does whose read is shorter than its sample. */
function run(mapping: Partial<Mapping>, records: readonly Loose[], existing?: readonly Column[]) {
  const mapper = mapperOf(mapping);
  mapper.learn(records as SourceRecord[], existing);
  const batch = mapper.map(records as SourceRecord[]);
  return {
    ...batch,
    columns: mapper.columns,
    names: mapper.columns.map((column) => `${column.name} ${column.type}`),
  };
}

const one = (field: Omit<Field, 'column'>): Partial<Mapping> => ({ fields: [{ column: 'c', ...field }] });
const error = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

test('many records are mapped in steps, and to the same rows', () => {
  const records = Array.from({ length: 1000 }, (_, id) => ({ id }));
  const mapper = mapperOf();
  mapper.learn(records, undefined);
  const steps = mapper.steps(records);
  let pauses = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) pauses += 1;
  expect(pauses).toBe(10);
  expect(step.value.rows).toEqual(mapper.map(records).rows);
});

describe('without map', () => {
  test('every top-level field becomes a column, in order of first sight', () => {
    const { names, rows } = run({}, [
      { b: 1, a: 'x' },
      { c: [1], b: 2.5 },
    ]);
    expect(names).toEqual(['b number', 'a string', 'c json']);
    expect(rows).toEqual([
      [1, 'x', undefined],
      [2.5, undefined, '[1]'],
    ]);
  });

  test('columns are the same array until there are more of them', () => {
    const mapper = mapperOf();
    mapper.learn([{ a: 1 }], undefined);
    const before = mapper.columns;
    mapper.map([{ a: 2 }]);
    expect(mapper.columns).toBe(before);
    mapper.map([{ a: 2, b: 'x' }, { c: true }]);
    expect(before).toEqual([{ name: 'a', type: 'integer' }]);
    expect(mapper.columns.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('2,000 columns are taken, and the next one stops the pipeline', () => {
    const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`f${n}`, n]));
    const existing = Object.keys(wide).map((name): Column => ({ name, type: 'integer' }));
    const mapper = mapperOf();
    mapper.learn([], existing);
    expect(mapper.map([wide]).rows[0]).toHaveLength(2000);
    expect(() => mapper.map([{ more: 1 }])).toThrow(error('schema/limit', '"more"'));
  });

  test('records that each bring new fields are told before they take long', () => {
    const records = Array.from({ length: 1000 }, (_, record) =>
      Object.fromEntries(Array.from({ length: 60 }, (_, field) => [`f${record}_${field}`, 1])),
    );
    const before = performance.now();
    expect(() => run({}, records)).toThrow(error('schema/limit', '2000 columns'));
    expect(performance.now() - before).toBeLessThan(2000);
  });

  test('names are kept as written, whatever they are', () => {
    const record = JSON.parse('{"__proto__":1,"constructor":2,"a.b":3,"":4,"$x":5}') as SourceRecord;
    const { names, rows } = run({}, [record]);
    expect(names).toEqual([
      '__proto__ integer',
      'constructor integer',
      'a.b integer',
      ' integer',
      '$x integer',
    ]);
    expect(rows).toEqual([[1, 2, 3, 4, 5]]);
  });

  test('a field that is only null has no column yet, and gets one with its first value', () => {
    const mapper = mapperOf();
    mapper.learn([{ id: 1, n: null }], undefined);
    expect(mapper.columns).toEqual([{ name: 'id', type: 'integer' }]);
    const before = mapper.columns;
    expect(mapper.map([{ id: 1, n: null }]).rows).toEqual([[1]]);
    expect(mapper.columns).toBe(before);
    expect(
      mapper.map([
        { id: 2, n: null },
        { id: 3, n: 'x' },
        { id: 4, n: null },
      ]).rows,
    ).toEqual([
      [2, undefined],
      [3, 'x'],
      [4, null],
    ]);
    expect(mapper.columns).toEqual([...before, { name: 'n', type: 'string' }]);
  });

  test('a null clears a column the target has, though no record brings a value', () => {
    expect(run({}, [{ id: 1, n: null }], [{ name: 'n', type: 'date' }])).toMatchObject({
      names: ['id integer', 'n date'],
      rows: [[1, null]],
    });
  });

  test('names that differ only in case stop the run', () => {
    expect(() => run({}, [{ Id: 1 }, { id: 2 }])).toThrow(
      error('schema/case', '"Id" and "id" differ only in case'),
    );
    expect(() => run({}, [{ Id: 1 }], [{ name: 'id', type: 'integer' }])).toThrow(
      error('schema/case', '"id" and "Id"'),
    );
    expect(() =>
      mapperOf({
        fields: [
          { column: 'a', value: 1 },
          { column: 'A', value: 2 },
        ],
      }),
    ).toThrow(error('schema/case', ''));
  });

  test('a name that cannot be stored rejects the row', () => {
    const { rejects } = run({}, [{ 'a\0b': 1 }]);
    expect(rejects).toMatchObject([{ code: 'row/text', reason: '"a\\u0000b" holds a NUL character' }]);
  });
});

describe('a field', () => {
  test.each<[string, Omit<Field, 'column'>, unknown, unknown]>([
    ['missing stays missing', { from: 'x', type: 'string' }, {}, undefined],
    ['null stays null', { from: 'x', type: 'string' }, { x: null }, null],
    ['default stands in for missing', { from: 'x', type: 'integer', default: 7 }, {}, 7],
    ['default stands in for null', { from: 'x', type: 'integer', default: 7 }, { x: null }, 7],
    ['a null default stands in for missing', { from: 'x', type: 'integer', default: null }, {}, null],
    ['a default is coerced', { from: 'x', type: 'decimal', default: 1.5 }, {}, '1.5'],
    ['on_error: null', { from: 'x', type: 'integer', on_error: 'null', default: 7 }, { x: 'n/a' }, null],
    ['on_error: default', { from: 'x', type: 'integer', on_error: 'default', default: 7 }, { x: 'n/a' }, 7],
    ['a constant', { value: 'instantly' }, {}, 'instantly'],
    ['the run', { from: '$run.id' }, {}, 'R1'],
    ['now', { from: '$now', type: 'timestamp' }, {}, '2024-01-02T03:04:05.000000Z'],
    ['an expression', { expr: 'record.x + 1' }, { x: 1 }, 2],
    ['an expression of nothing is null', { expr: 'record.y', type: 'string' }, {}, null],
    ['the whole record', { from: '$', type: 'json' }, { x: 1 }, '{"x":1}'],
    ['digits are kept', { from: 'x' }, { x: new Decimal('1884518522.1684267241') }, '1884518522.1684267241'],
  ])('%s', (_name, field, record, cell) => {
    const { rows, rejects } = run(one(field), [record as Loose]);
    expect(rejects).toEqual([]);
    expect(rows[0]?.[0]).toBe(cell);
  });

  test('that does not fit rejects its row, with the record as read', () => {
    const record = { x: 'n/a', y: 1 };
    const { rows, rejects } = run(one({ from: 'x', type: 'integer' }), [record, { x: 5 }]);
    expect(rows).toEqual([[5]]);
    expect(rejects).toMatchObject([
      { record, field: 'c', code: 'row/type', reason: '"n/a" is not an integer' },
    ]);
    expect(rejects[0]?.record).toBe(record);
  });

  test('counts what on_error replaced, in rows that were accepted', () => {
    const fields: Field[] = [
      { column: 'a', from: 'a', type: 'integer', on_error: 'null' },
      { column: 'b', from: 'b', type: 'integer' },
    ];
    expect(
      run({ fields }, [
        { a: 'x', b: 1 },
        { a: 'x', b: 'x' },
        { a: 1, b: 1 },
      ]),
    ).toMatchObject({ defaulted: 1 });
  });

  test('with a constant that does not fit is refused before any record', () => {
    expect(() => mapperOf(one({ from: 'x', type: 'integer', default: 'none' }))).toThrow(
      error('config/value', 'map.c.default: "none" is not an integer'),
    );
    expect(() => mapperOf(one({ value: 'x', type: 'date' }))).toThrow(error('config/value', 'map.c.value'));
  });

  test('whose expression fails rejects its row by name', () => {
    const { rejects } = run(one({ expr: 'record.x + 1' }), [{ x: 'a' }]);
    expect(rejects).toMatchObject([
      { field: 'c', code: 'row/expression', reason: 'no such overload: string + int in `record.x + 1`' },
    ]);
  });

  test('takes its type from a strategy that merges one type only', () => {
    const types: Array<[Strategy['type'], string]> = [
      ['union', 'json'],
      ['deep_merge', 'json'],
      ['shallow_merge', 'json'],
      ['bool_or', 'boolean'],
      ['bool_and', 'boolean'],
    ];
    for (const [type, column] of types)
      expect(run({ strategy: () => ({ type }) as Strategy }, [{ x: null }]).names).toEqual([`x ${column}`]);
    expect(
      run({ ...one({ from: 'x', type: 'string' }), strategy: () => ({ type: 'union' }) }, [{ x: 'a' }]).names,
    ).toEqual(['c string']);
  });
});

describe('rest', () => {
  const fields: Field[] = [
    { column: 'email', from: 'mail' },
    { column: 'city', from: 'address.city' },
    { column: 'all', from: '$', type: 'json' },
    { column: 'both', expr: 'record.first' },
    { column: 'name', from: '$record.full' },
  ];
  const record = { id: 1, mail: 'a@b.c', email: 'old', address: { city: 'Bern' }, first: 'A', full: 'A B' };

  test('keep takes the fields that no mapping reads or fills', () => {
    expect(run({ fields, rest: 'keep' }, [record]).columns.map((column) => column.name)).toEqual([
      'email',
      'city',
      'all',
      'both',
      'name',
      'id',
      'first',
    ]);
  });

  test('drop leaves them out', () => {
    expect(run({ fields }, [record]).columns).toHaveLength(5);
  });
});

describe('each', () => {
  const fields: Field[] = [
    { column: 'parent', from: '$record.id' },
    { column: 'sku', from: 'sku' },
  ];

  test('makes one row of every element', () => {
    const { rows } = run({ fields, each: 'o.items' }, [
      { id: 1, o: { items: [{ sku: 'a' }, { sku: 'b' }] } },
      { id: 2 },
      { id: 3, o: { items: null } },
    ]);
    expect(rows).toEqual([
      [1, 'a'],
      [1, 'b'],
    ]);
  });

  test('that is no array rejects the record', () => {
    const record = { id: 1, items: { sku: 'a' } };
    expect(run({ fields, each: 'items' }, [record]).rejects).toMatchObject([
      { record, code: 'row/each', reason: 'each points to an object, which is not an array' },
    ]);
  });

  test('rejects the element, not the record', () => {
    const { rows, rejects } = run({ fields, each: 'items', primary_key: ['sku'] }, [
      { id: 1, items: [{ sku: 'a' }, { x: 1 }, 'text'] },
    ]);
    expect(rows).toEqual([[1, 'a']]);
    expect(rejects.map((reject) => reject.record)).toEqual([{ x: 1 }, 'text']);
  });

  test('without map takes the fields of the elements, and rejects an element without any', () => {
    const { names, rejects } = run({ each: 'items' }, [{ id: 1, items: [{ sku: 'a' }, 5] }]);
    expect(names).toEqual(['sku string']);
    expect(rejects).toMatchObject([{ record: 5, code: 'row/each', reason: '5 has no fields' }]);
  });
});

describe('where', () => {
  test('leaves out rows whose path is missing, null or false, and counts them', () => {
    const records = [{ on: true }, { on: 0 }, { on: '' }, { on: false }, { on: null }, {}];
    expect(run({ where: 'on', fields: [{ column: 'c', value: 1 }] }, records)).toMatchObject({
      rows: [[1], [1], [1]],
      skipped: 3,
    });
  });

  test('leaves out rows whose expression is false or null, and rejects any other', () => {
    const { rows, skipped, rejects } = run(
      { where: { expr: 'record.on' }, fields: [{ column: 'c', value: 1 }] },
      [{ on: true }, { on: false }, {}, { on: 'yes' }],
    );
    expect([rows.length, skipped]).toEqual([1, 2]);
    expect(rejects).toMatchObject([
      { record: { on: 'yes' }, code: 'row/expression', reason: 'where must be true or false, and is "yes"' },
    ]);
  });

  test('keeps left-out rows from lending a column their type', () => {
    expect(
      run({ where: 'on' }, [
        { on: true, v: 1 },
        { on: false, v: 'x', w: 1 },
      ]).names,
    ).toEqual(['on boolean', 'v integer']);
  });

  test('judges the element under each', () => {
    expect(
      run({ each: 'l', where: 'ok', fields: [{ column: 'v', from: 'v' }] }, [
        { l: [{ v: 1, ok: true }, { v: 2 }] },
      ]),
    ).toMatchObject({ rows: [[1]], skipped: 1 });
  });
});

describe('the key', () => {
  test.each([[{ id: null }], [{}]])('%j is rejected', (record) => {
    expect(
      run({ primary_key: ['id'], fields: [{ column: 'id', from: 'id', type: 'integer' }] }, [record]).rejects,
    ).toMatchObject([
      { record, field: 'id', code: 'row/key', reason: 'the key field "id" is missing or null' },
    ]);
  });

  test('need not have a column yet to be missed', () => {
    expect(run({ primary_key: ['id'] }, [{ x: 1 }]).rejects).toMatchObject([{ code: 'row/key' }]);
  });
});

describe('checks', () => {
  test('reject rows by name and reason, and judge missing as null', () => {
    const checks = new Map<string, unknown>([['email', { type: 'string', format: 'email' }]]);
    const { rows, rejects } = run({ checks }, [{ email: 'a@b.co' }, { email: 'n/a' }, { x: 1 }]);
    expect(rows).toHaveLength(1);
    expect(rejects).toMatchObject([
      { field: 'email', code: 'row/check', reason: '"n/a" is not an e-mail address' },
      { field: 'email', code: 'row/check', reason: 'a missing value must be string' },
    ]);
  });
});

describe('a later value that does not fit an inferred column', () => {
  const later = (mapping: Partial<Mapping>, record: Loose, first: Loose = { v: 1 }) => {
    const mapper = mapperOf(mapping);
    mapper.learn([first as SourceRecord], undefined);
    return mapper.map([record as SourceRecord]);
  };

  test('stops the run under evolve, and proposes the wider type', () => {
    expect(() => later({}, { v: 1.5 })).toThrow(
      error(
        'schema/type_changed',
        'column "v" is of type integer, and 1.5 does not fit: it would have to become number',
      ),
    );
    expect(() => later({}, { v: '5' })).toThrow(error('schema/type_changed', 'become string'));
    expect(() => later({}, { v: [1] }, { v: 'x' })).toThrow(error('schema/type_changed', 'become json'));
  });

  test('rejects the row under freeze', () => {
    expect(later({ schema_contract: 'freeze' }, { v: 1.5 }).rejects).toMatchObject([
      { field: 'v', code: 'row/type', reason: '1.5 does not fit the column, which is integer' },
    ]);
  });

  test('becomes what on_error says', () => {
    const fields: Field[] = [{ column: 'v', from: 'v', on_error: 'default', default: 0 }];
    expect(later({ fields }, { v: 'x' })).toMatchObject({ rows: [[0]], defaulted: 1 });
  });

  test('is a reject when no type would hold it', () => {
    expect(later({}, { v: Number.NaN }, { v: 1.5 }).rejects).toMatchObject([{ code: 'row/type' }]);
    expect(later({}, { v: 'a\0' }, { v: 'x' }).rejects).toMatchObject([{ code: 'row/text' }]);
  });

  test('fits where the type holds it anyway', () => {
    expect(later({}, { v: 5 }, { v: 'x' }).rows).toEqual([['5']]);
    expect(later({}, { v: 5 }, { v: 1.5 }).rows).toEqual([[5]]);
  });
});

describe('the target', () => {
  const existing: Column[] = [{ name: 'v', type: 'decimal' }];

  test('lends its type to a column that declares none', () => {
    expect(run({}, [{ v: 1 }], existing)).toMatchObject({ names: ['v decimal'], rows: [['1']] });
    expect(run({}, [{ v: '2024-01-01' }], [{ name: 'v', type: 'date' }]).names).toEqual(['v date']);
  });

  test('does not overrule a declared type', () => {
    expect(
      run({ fields: [{ column: 'v', from: 'v', type: 'integer' }] }, [{ v: 1 }], existing).names,
    ).toEqual(['v integer']);
  });

  test('whose type does not hold the sample stops the run under evolve', () => {
    expect(() => run({}, [{ v: 1 }, { v: 'x' }], existing)).toThrow(
      error(
        'schema/type_changed',
        'column "v" is of type decimal, and "x" does not fit: it would have to become string',
      ),
    );
    expect(() => run({}, [{ v: 'soon' }], [{ name: 'v', type: 'date' }])).toThrow(
      error('schema/type_changed', 'become string'),
    );
  });

  test.each<[Column['type'], unknown, boolean]>([
    ['integer', 1.5, false],
    ['number', 9007199254740993n, false],
    ['boolean', 'x', false],
    ['decimal', 'x', true],
    ['string', [1], true],
  ])('of type %s that got %s: another type is advised only where it helps', (type, value, helps) => {
    const hint = helps
      ? expect.not.stringContaining('another name')
      : expect.stringContaining('another name');
    expect(() => run({}, [{ v: value }], [{ name: 'v', type }])).toThrow(
      expect.objectContaining({ code: 'schema/type_changed', hint }),
    );
  });

  test('keeps its type where on_error says what becomes of the others', () => {
    const fields: Field[] = [{ column: 'v', from: 'v', on_error: 'null' }];
    expect(run({ fields }, [{ v: 1 }, { v: 'x' }], existing)).toMatchObject({
      rows: [['1'], [null]],
      defaulted: 1,
    });
  });

  test('keeps its type under freeze, and the rows that do not fit are rejected', () => {
    expect(run({ schema_contract: 'freeze' }, [{ v: 1 }, { v: 'x' }], existing)).toMatchObject({
      rows: [['1']],
      rejects: [{ field: 'v' }],
    });
  });

  test('that is frozen takes no new field, unless map names it', () => {
    expect(() => run({ schema_contract: 'freeze' }, [{ v: 1, w: 2 }], existing)).toThrow(
      error('schema/new_column', '"w"'),
    );
    expect(
      run({ schema_contract: 'freeze', fields: [{ column: 'w', from: 'w' }] }, [{ w: 2 }], existing).names,
    ).toEqual(['w integer']);
  });

  test('that is missing takes the columns of the sample, and under freeze none after it', () => {
    for (const schema_contract of ['freeze', 'evolve'] as const) {
      const mapper = mapperOf({ schema_contract });
      mapper.learn([{ a: 1 }], undefined);
      const mapping = () => mapper.map([{ a: 1, b: true }]).rows;
      if (schema_contract === 'evolve') expect(mapping()).toEqual([[1, true]]);
      else expect(mapping).toThrow(error('schema/new_column', '"b"'));
    }
  });
});

describe('a target without column types', () => {
  function learned(mapping: Partial<Mapping>, records: readonly Loose[], header: readonly string[] = []) {
    const mapper = mapperOf(mapping);
    mapper.learn(records as SourceRecord[], undefined, header);
    const names = () => mapper.columns.map((column) => `${column.name} ${column.type}`);
    return { names, map: (...batch: readonly Loose[]) => mapper.map(batch as SourceRecord[]).rows };
  }

  test('has every column of the header and of map, though nothing but null comes', () => {
    const { names, map } = learned({}, [{ a: null, b: 'x' }], ['a', 'b']);
    expect(names()).toEqual(['a string', 'b string']);
    expect(map({ a: null, b: 'x' })).toEqual([[null, 'x']]);
    expect(learned({}, [], ['a', '__proto__']).names()).toEqual(['a string', '__proto__ string']);
    const fields: Field[] = [
      { column: 'x', from: 'b' },
      { column: 'y', from: 'c', type: 'date' },
    ];
    expect(learned({ fields }, [], ['a', 'b', 'c']).names()).toEqual(['x string', 'y date']);
    expect(learned({ fields, rest: 'keep' }, [], ['a', 'b', 'c']).names()).toEqual([
      'x string',
      'y date',
      'a string',
    ]);
    expect(learned({ each: 'a' }, [], ['a']).names()).toEqual([]);
  });

  test('takes the type of the first value where the column already is', () => {
    const { names, map } = learned({}, [{ a: null, b: 1 }]);
    expect(map({ a: null, b: 1 }, { a: 5, b: 2 }, { a: 6, b: null })).toEqual([
      [null, 1],
      [5, 2],
      [6, null],
    ]);
    expect(names()).toEqual(['a integer', 'b integer']);
    expect(map({ b: 1, c: null })).toEqual([[undefined, 1, null]]);
    expect(names()).toEqual(['a integer', 'b integer', 'c string']);
  });
});

describe('a key', () => {
  const keyed = { primary_key: ['id'] };

  test('that is an object or an array rejects the row, and says nothing of the type', () => {
    const { names, rows, rejects } = run(keyed, [{ id: { a: 1, b: 2 } }, { id: [1] }, { id: 5 }]);
    expect({ names, rows }).toEqual({ names: ['id integer'], rows: [[5]] });
    expect(rejects).toMatchObject([
      { field: 'id', code: 'row/key', reason: 'the key field "id" is an object, which is no key' },
      { code: 'row/key', reason: 'the key field "id" is an array, which is no key' },
    ]);
  });

  test('takes no type from a strategy, which never merges it', () => {
    const strategy = (): Strategy => ({ type: 'deep_merge' });
    expect(run({ ...keyed, strategy }, [{ id: 5, data: {} }]).names).toEqual(['id integer', 'data json']);
  });
});

describe('what is no value', () => {
  class Money {
    readonly amount = 1;
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const foreign: readonly [string, unknown, string][] = [
    ['a symbol', Symbol('x'), 'Symbol(x) is not data'],
    ['a function', () => 1, 'a function is not data'],
    ['a Date', new Date(0), 'an object of class Date is not data'],
    ['a Map', new Map([[1, 2]]), 'an object of class Map is not data'],
    ['an instance of a class', new Money(), 'an object of class Money is not data'],
    ['infinite', Number.POSITIVE_INFINITY, 'Infinity is not a finite number'],
    ['beyond all doubles', new Decimal('1e400'), '1e400 is out of the range of numbers: use type decimal'],
    ['below all doubles', new Decimal('-1e-400'), '-1e-400 is out of the range of numbers: use type decimal'],
  ];

  test.each(foreign)('rejects the row and leaves the type to others: %s', (_name, value, reason) => {
    const { names, rows, rejects } = run({}, [{ v: value }, { v: 'x' }]);
    expect({ names, rows }).toEqual({ names: ['v string'], rows: [['x']] });
    expect(rejects).toMatchObject([
      { field: 'v', code: 'row/type', reason: expect.stringContaining(reason) },
    ]);
    for (const type of ['integer', 'string', 'json', 'boolean', 'timestamp', 'date'] as const) {
      const later = run({}, [{ v: value }], [{ name: 'v', type }]);
      expect(later).toMatchObject({ rows: [], rejects: [{ field: 'v', code: 'row/type' }] });
    }
  });

  test.each([...foreign.slice(0, 6), ['nothing', undefined, 'undefined is not data'] as const])(
    'is refused within json too: %s',
    (_name, value, reason) => {
      const { rejects } = run({}, [{ v: { deep: [value] } }]);
      expect(rejects).toMatchObject([{ code: 'row/type', reason: expect.stringContaining(reason) }]);
    },
  );

  test('may be an object inside itself', () => {
    expect(run({}, [{ v: cyclic }]).rejects).toMatchObject([{ code: 'row/depth' }]);
  });

  test('is not a field without a value, nor an object without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: undefined, b: 1 });
    expect(run({}, [{ v: bare }]).rows).toEqual([['{"b":1}']]);
  });

  test('but 1e400 is, where a decimal is asked for, and where all digits are written', () => {
    const value = new Decimal('1e400');
    expect(run(one({ from: 'v', type: 'decimal' }), [{ v: value }]).rows).toEqual([[`1${'0'.repeat(400)}`]]);
    expect(run({}, [{ v: 10n ** 400n }]).names).toEqual(['v decimal']);
  });
});

describe('replace_within', () => {
  const mapping: Partial<Mapping> = {
    each: 'items',
    primary_key: ['parent', 'sku'],
    within: ['parent'],
    fields: [
      { column: 'parent', from: '$record.id' },
      { column: 'sku', from: 'sku' },
      { column: 'count', from: 'count', type: 'integer' },
    ],
  };

  test('has a scope for each record, also for one without elements', () => {
    const { rows, scopes } = run(mapping, [
      { id: 7, items: [] },
      { id: 8, items: [{ sku: 'a' }, { sku: 'b' }] },
      { id: 9, items: null },
    ]);
    expect(rows).toHaveLength(2);
    expect(scopes).toEqual([
      { from: 0, to: 0, parent: [7], seen: [] },
      { from: 0, to: 2, parent: [8], seen: [] },
      { from: 2, to: 2, parent: [9], seen: [] },
    ]);
  });

  test('learns the type of the parent also from records without elements', () => {
    const { scopes } = run(mapping, [
      { id: 'x', items: [] },
      { id: 1, items: [{ sku: 'a' }] },
    ]);
    expect(scopes).toMatchObject([{ parent: ['x'] }, { parent: ['1'] }]);
    expect(scopes?.some((scope) => scope.withhold)).toBe(false);
  });

  test('counts the key of a reject as seen', () => {
    expect(run(mapping, [{ id: 1, items: [{ sku: 'a', count: 'x' }, { sku: 'b' }] }])).toMatchObject({
      rejects: [{ field: 'count' }],
      scopes: [{ from: 0, to: 1, parent: [1], seen: [[1, 'a']] }],
    });
  });

  test('does not count rows left out by where as seen', () => {
    const { scopes } = run({ ...mapping, where: 'on' }, [{ id: 1, items: [{ sku: 'a' }] }]);
    expect(scopes).toEqual([{ from: 0, to: 0, parent: [1], seen: [] }]);
  });

  test.each([
    ['a reject has no key', { id: 1, items: [{ count: 1 }, { sku: 'b' }] }, [1]],
    ['the parent is not known', { id: null, items: [] }, [null]],
    ['the elements are not known', { id: 1, items: 'none' }, [1]],
    ['the array is missing', { id: 1 }, [1]],
    ['the array has another name', { id: 1, Items: [{ sku: 'a' }] }, [1]],
  ])('removes nothing when %s', (_name, record, parent) => {
    const { scopes } = run(
      {
        ...mapping,
        fields: [
          { column: 'parent', from: '$record.id', type: 'integer' },
          ...(mapping.fields ?? []).slice(1),
        ],
      },
      [record],
    );
    expect(scopes).toMatchObject([{ parent, withhold: true }]);
  });

  test('counts the records that have no array at all', () => {
    const records = [
      { id: 1 },
      { id: 2, items: null },
      { id: 3, items: [{ sku: 'a' }] },
      { id: 4, items: 5 },
    ];
    expect(run(mapping, records).missing_each).toBe(1);
    expect(run({ ...mapping, within: undefined }, records)).toMatchObject({
      missing_each: 1,
      rejects: [{ code: 'row/each' }],
    });
    expect(run({}, records).missing_each).toBe(0);
  });

  test('is absent without within', () => {
    expect(run({}, [{ a: 1 }])).not.toHaveProperty('scopes');
  });
});

describe('a wider type that is accepted', () => {
  const existing: readonly Column[] = [
    { name: 'id', type: 'integer' },
    { name: 'n', type: 'integer' },
  ];
  const accepting: Partial<Mapping> = { widening: 'accept', primary_key: ['id'] };

  test('is that of all rows of the batch, also of those before it', () => {
    const mapper = mapperOf(accepting);
    mapper.learn([{ id: 0, n: 0 }], existing);
    const before = mapper.columns;
    const { rows, rejects } = mapper.map([
      { id: 1, n: 1 },
      { id: 2, n: 'x' },
      { id: 3, n: 2 ** 53 },
      { n: 4 },
    ]);
    expect(rows).toEqual([
      [1, '1'],
      [2, 'x'],
      [3, '9007199254740992'],
    ]);
    expect(rejects).toHaveLength(1);
    expect(mapper.columns).toContainEqual({ name: 'n', type: 'string' });
    expect(before).toEqual(existing);
  });

  test('holds what the whole sample asks for', () => {
    const { names, rows } = run(
      accepting,
      [
        { id: 1, n: 0.5 },
        { id: 2, n: 9007199254740993n },
      ],
      existing,
    );
    expect(names).toEqual(['id integer', 'n decimal']);
    expect(rows).toEqual([
      [1, '0.5'],
      [2, '9007199254740993'],
    ]);
  });

  test('is not that of a key, nor of what is frozen or has an answer of its own', () => {
    expect(() => run(accepting, [{ id: 'a', n: 1 }], existing)).toThrow(error('schema/type_changed', '"id"'));
    const frozen = run({ ...accepting, schema_contract: 'freeze' }, [{ id: 1, n: 'x' }], existing);
    expect([frozen.names, frozen.rejects.length]).toEqual([['id integer', 'n integer'], 1]);
    const fields: Field[] = [
      { column: 'id', from: 'id' },
      { column: 'n', from: 'n', on_error: 'null' },
    ];
    const answered = run({ ...accepting, fields }, [{ id: 1, n: 'x' }], existing);
    expect([answered.names, answered.rows]).toEqual([['id integer', 'n integer'], [[1, null]]]);
  });
});
