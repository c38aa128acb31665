import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cell, ColumnType } from '../../src/model/types.ts';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { equalCells } from '../../src/transform/cells.ts';
import { evidenceOf, inferType } from '../../src/transform/infer.ts';
import { createCoercion } from '../../src/transform/types.ts';
import { isWider, widenCell } from '../../src/transform/widening.ts';
import { tried } from '../counts.ts';
import { folderWith } from '../e2e/cli.ts';
import { type Database, databaseNames, databases } from '../kit/databases.ts';
import { commitRows, type TargetShape, targetOf } from './support.ts';

/** Cells of each type, ordinary and at its edges. */
const cells: { readonly [type in ColumnType]: readonly Cell[] } = {
  boolean: [true, false],
  integer: [0, -1, 5, 2 ** 53 - 1, 9007199254740993n, -(2n ** 63n)],
  number: [
    0,
    0.1,
    0.1 + 0.2,
    -1.5,
    5,
    100,
    1e15,
    123456789012345680000,
    1e21,
    -1.5e300,
    5e-324,
    1e-6,
    9.9e-7,
    2 ** 62,
  ],
  decimal: ['0', '-12.5', '1884518522.1684267241', '100', `1${'0'.repeat(40)}`, '0.0000001'],
  timestamp: ['2026-01-02T03:04:05.123456Z', '0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z'],
  date: ['2026-02-03', '0001-01-01'],
  string: ['', 'a', '"', "it's\n👍 \\ é", '5', 'null', '{"a":1}'],
  json: [],
};

const types = Object.keys(cells) as ColumnType[];
const pairs = types.flatMap((from) =>
  types.flatMap((to) => (isWider(from, to) ? [[from, to] as const] : [])),
);

/** Not all integers become numbers. */
function cellsOf(from: ColumnType, to: ColumnType): readonly Cell[] {
  return from === 'integer' && to === 'number' ? cells.integer.slice(0, 4) : cells[from];
}

async function opened(name: (typeof databaseNames)[number]): Promise<{ database: Database; sink: OpenSink }> {
  const database = await databases[name](await folderWith({}));
  const sink = await database.open();
  onTestFinished(() => sink.close());
  return { database, sink };
}

function shapeOf(type: ColumnType, strategy: 'overwrite' | 'keep_edits' = 'overwrite'): TargetShape {
  return {
    columns: [
      ['id', 'integer'],
      ['v', type, strategy],
    ],
  };
}

const accepting = (shape: TargetShape) => ({ ...targetOf(shape), accept_schema: true });

describe.each(tried(databaseNames))('in %s', (name) => {
  test('what columns hold is kept when they become wider, whatever they become', async () => {
    const { sink } = await opened(name);
    const columns = pairs.map(([from, to]) => ({
      name: `${from} to ${to}`,
      from,
      to,
      cells: cellsOf(from, to),
    }));
    const shape = (side: 'from' | 'to'): TargetShape => ({
      columns: [
        ['id', 'integer'],
        ...columns.map((column) => [column.name, column[side], 'keep_edits'] as const),
      ],
    });
    const ids = Array.from({ length: 16 }, (_, id) => id);
    const rows = ids.map((id) => [id, ...columns.map(({ cells }) => cells[id] ?? null)]);
    await commitRows(sink, shape('from'), rows);
    const widened = rows.map(([id = null, ...row]) => [
      id,
      ...row.map((cell, place) => {
        const { from = 'json', to = 'json' } = columns[place] ?? {};
        return widenCell(cell, from, to);
      }),
    ]);
    const target = accepting(shape('to'));
    const nothing = columns.map(() => null);
    expect(await commitRows(sink, target, [[ids.length, ...nothing]], { number: 2 })).toMatchObject({
      schema_changes: columns.map((column) => `column "${column.name}" widened (${column.name})`),
      inserted: 1,
    });
    // The same values, mapped to the new types, are what is there.
    const even = widened.filter((_, id) => id % 2 === 0);
    expect(await commitRows(sink, target, even, { number: 3 })).toMatchObject({
      schema_changes: [],
      unchanged: even.length,
      kept: 0,
    });
    // And the memory of edits says so: nothing of it counts as a person's.
    const odd = ids.filter((id) => id % 2 === 1).map((id) => [id, ...nothing]);
    expect(await commitRows(sink, target, odd, { number: 4 })).toMatchObject({ kept: 0 });
    expect(await commitRows(sink, target, odd, { number: 5 })).toMatchObject({ unchanged: odd.length });
    const found = await sink.discover('rows');
    const types = new Map(found?.map((column) => [column.name, column.type]));
    expect(types).toEqual(
      new Map([['id', 'integer'], ...columns.map((column) => [column.name, column.to] as const)]),
    );
  });

  test('a column that was not accepted stays as it is, and the way is told', async () => {
    const { sink, database } = await opened(name);
    await commitRows(sink, shapeOf('integer'), [[1, 5]]);
    const commit = commitRows(sink, shapeOf('string'), [[2, 'x']], { number: 2 });
    await expect(commit).rejects.toMatchObject({
      code: 'schema/type',
      hint: expect.stringContaining('--accept-schema'),
    });
    expect(await database.rows('SELECT id, v FROM rows')).toEqual([['1', '5']]);
  });

  test('a narrower type, and the key, are refused also when accepted', async () => {
    const { sink } = await opened(name);
    await commitRows(sink, shapeOf('string'), [[1, 'x']]);
    const narrower = commitRows(sink, accepting(shapeOf('integer')), [[1, 1]], { number: 2 });
    await expect(narrower).rejects.toMatchObject({ code: 'schema/type' });
    const key: TargetShape = {
      columns: [
        ['id', 'string'],
        ['v', 'string'],
      ],
    };
    const keyed = commitRows(sink, accepting(key), [['1', 'x']], { number: 2 });
    await expect(keyed).rejects.toMatchObject({ code: 'schema/type' });
  });

  test('integers that a double would round do not become numbers', async () => {
    const { sink, database } = await opened(name);
    await commitRows(sink, shapeOf('integer'), [[1, 9007199254740993n]]);
    const commit = commitRows(sink, accepting(shapeOf('number')), [[2, 0.5]], { number: 2 });
    await expect(commit).rejects.toMatchObject({ code: 'schema/type_changed' });
    expect(await database.rows('SELECT CAST(v AS TEXT) FROM rows')).toEqual([['9007199254740993']]);
  });

  test('what the schema holds as it is stays, and it is told what that is', async () => {
    const { sink, database } = await opened(name);
    await commitRows(sink, shapeOf('integer'), [[1, 5]]);
    await database.does('CREATE VIEW looking AS SELECT v FROM rows');
    const commit = commitRows(sink, accepting(shapeOf('string')), [[2, 'x']], { number: 2 });
    await expect(commit).rejects.toMatchObject({
      message: expect.stringContaining('looking'),
      hint: expect.any(String),
    });
    expect(await database.rows('SELECT id, r.v FROM looking, rows AS r WHERE r.v = looking.v')).toEqual([
      ['1', '5'],
    ]);
    await database.does('DROP VIEW looking');
    expect(await commitRows(sink, accepting(shapeOf('string')), [[2, 'x']], { number: 2 })).toMatchObject({
      inserted: 1,
    });
  });

  test('every double is kept, digit for digit', async () => {
    const { sink } = await opened(name);
    // Of a whole number that long, PostgreSQL prints other digits of the same double.
    const isLong = (n: number) => Number.isInteger(n) && !Number.isSafeInteger(n) && Math.abs(n) < 1e21;
    const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !isLong(n));
    const doubles = fc.uniqueArray(
      double.map((n) => (n === 0 ? 0 : n)),
      {
        minLength: 1500,
        maxLength: 1500,
      },
    );
    const [numbers = []] = fc.sample(doubles, 1);
    const rows = numbers.map((cell, place): Cell[] => [place, cell]);
    await commitRows(sink, shapeOf('number'), rows);
    for (const [place, to] of (['decimal', 'string'] as const).entries()) {
      const widened = numbers.map((number, id) => [id, createCoercion(to)(number) as Cell]);
      if (place > 0)
        for (const [id, number] of numbers.entries())
          widened[id] = [id, widenCell(createCoercion('decimal')(number) as Cell, 'decimal', to)];
      expect(await commitRows(sink, accepting(shapeOf(to)), widened, { number: place + 2 })).toMatchObject({
        unchanged: rows.length,
      });
    }
  });
});

test('a wider cell is what the mapper makes of the same value', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(value, fc.constantFrom(...types), (given, to) => {
      const from = inferType(evidenceOf(given));
      if (from === undefined || !isWider(from, to)) return;
      const [cell, mapped] = [createCoercion(from)(given), createCoercion(to)(given)];
      expect(equalCells(to, widenCell(cell as Cell, from, to), mapped as Cell)).toBe(true);
    }),
  );
});

describe('a column that others declared', () => {
  test.each(databaseNames)(
    'as text and filled with JSON is json, in %s, and stays as it is',
    async (name) => {
      const { sink, database } = await opened(name);
      await database.does('CREATE TABLE rows (id integer PRIMARY KEY, v text)');
      await database.does(`INSERT INTO rows VALUES (1, '{"a":1}')`);
      expect(await commitRows(sink, accepting(shapeOf('json')), [[1, '{"a": 1}']])).toMatchObject({
        schema_changes: [],
        unchanged: 1,
      });
    },
  );

  test.each(['', 'ANY', 'BLOB'])('to hold anything (%s) is converted where it is', async (declared) => {
    const { sink, database } = await opened('libsql');
    await database.does(
      `CREATE TABLE rows (id INTEGER PRIMARY KEY, v ${declared})${declared === 'ANY' ? ' STRICT' : ''}`,
    );
    await commitRows(sink, shapeOf('number'), [
      [1, 0.1 + 0.2],
      [2, 5],
      [3, null],
    ]);
    const widened = [
      [1, '0.30000000000000004'],
      [2, '5'],
      [3, null],
    ];
    expect(await commitRows(sink, accepting(shapeOf('string')), widened, { number: 2 })).toMatchObject({
      unchanged: 3,
    });
    expect(await database.rows('SELECT typeof(v), v FROM rows')).toEqual([
      ['text', '0.30000000000000004'],
      ['text', '5'],
      ['null', null],
    ]);
  });

  test.each(['NOT NULL', 'DEFAULT 5', 'COLLATE NOCASE', 'CHECK (v > 0)', 'UNIQUE', 'REFERENCES rows'])(
    'with more than its type (%s) is left to them',
    async (more) => {
      const { sink, database } = await opened('libsql');
      await database.does(`CREATE TABLE rows (id INTEGER PRIMARY KEY, v INTEGER ${more})`);
      await commitRows(sink, shapeOf('integer'), [[1, 1]]);
      const commit = commitRows(sink, accepting(shapeOf('string')), [[2, 'x']], { number: 2 });
      await expect(commit).rejects.toMatchObject({
        code: 'schema/type',
        hint: expect.stringContaining('TEXT'),
      });
      expect(await database.rows('SELECT id, v FROM rows')).toEqual([['1', '1']]);
    },
  );

  test.each(['integer', 'smallint', 'numeric(10,2)', 'real', 'varchar(20)', 'timestamp', 'json'])(
    'in PostgreSQL as %s becomes wider with what it holds',
    async (declared) => {
      const { sink, database } = await opened('postgres');
      await database.does(`CREATE TABLE rows (id bigint PRIMARY KEY, v ${declared})`);
      const type = (await sink.discover('rows'))?.[1]?.type ?? 'json';
      const cell = type === 'json' ? '{"a":1}' : ([...cells[type]][1] ?? null);
      const given = declared === 'real' ? 0.5 : type === 'timestamp' ? '2026-01-02T03:04:05.123456Z' : cell;
      await commitRows(sink, shapeOf(type), [[1, given]]);
      for (const to of ['string', 'json'] as const) {
        if (!isWider(type, to)) continue;
        const widened = [[1, widenCell(given, type, to)]];
        expect(await commitRows(sink, accepting(shapeOf(to)), widened, { number: 2 })).toMatchObject({
          unchanged: 1,
        });
        await database.does('DROP TABLE rows');
        await database.does(`CREATE TABLE rows (id bigint PRIMARY KEY, v ${declared})`);
        await commitRows(sink, shapeOf(type), [[1, given]]);
      }
    },
  );
});
