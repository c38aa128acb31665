import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactNumber, parseJson } from '../../src/model/json.ts';
import {
  type Cell,
  type ColumnType,
  columnTypes,
  type SourceRecord,
  type Strategy,
  type Value,
} from '../../src/model/types.ts';
import { createMapper } from '../../src/transform/mapper.ts';
import type { Mapping } from '../../src/transform/mapping.ts';
import { Refusal } from '../../src/transform/refusal.ts';
import { type Coercion, createCoercion } from '../../src/transform/types.ts';
import { cases } from '../counts.ts';

const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?(e[+-]?[0-9]{1,3})?$/);
const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: false }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 66n }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  digits,
  digits.map(exactNumber),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const value = fc.letrec<{ node: Value }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('node'), { maxKeys: 3 }),
  ),
})).node;
const name = fc.constantFrom('id', 'a', 'b', 'items', '__proto__', 'constructor', 'x.y', '');
const record: fc.Arbitrary<SourceRecord> = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries) as SourceRecord);

const base: Mapping = {
  rest: 'keep',
  checks: new Map(),
  primary_key: ['id'],
  strategy: (): Strategy => ({ type: 'overwrite' }),
  schema_contract: 'freeze',
  run: { id: 'R1', started_at: '2024-01-02T03:04:05.000Z' },
};
const mappings: readonly Mapping[] = [
  { ...base, checks: new Map([['a', { not: { const: true } }]]) },
  { ...base, each: 'items', within: ['id'], fields: [{ column: 'id', from: '$record.id', type: 'string' }] },
  {
    ...base,
    where: { expr: 'record.b != 1' },
    fields: [
      { column: 'id', from: 'id', type: 'string', default: 'none' },
      { column: 'whole', from: '$', type: 'json' },
      { column: 'sum', expr: 'coalesce(record.a, 0) + 1', type: 'decimal', on_error: 'null' },
      {
        column: 'at',
        from: 'b',
        type: 'timestamp',
        timezone: 'Europe/Berlin',
        on_error: 'default',
        default: null,
      },
    ],
  },
];

function freeze(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  Object.freeze(node);
  for (const member of Object.values(node)) freeze(member);
}

describe('mapping', () => {
  test('changes no record, and makes of each row at hand a row, a reject or a skip', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.constantFrom(...mappings), (records, mapping) => {
        freeze(records);
        const mapper = createMapper(mapping);
        mapper.learn(records, undefined);
        const { rows, rejects, skipped, scopes } = mapper.map(records);
        const items = mapping.each
          ? records.map((each) => (Object.hasOwn(each, 'items') ? (each.items ?? []) : []))
          : records.map((each) => [each]);
        const count = items.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 1), 0);
        expect(rows.length + rejects.length + skipped).toBe(count);
        for (const row of rows) expect(row).toHaveLength(mapper.columns.length);
        if (!mapping.within) return;
        expect(scopes).toHaveLength(records.length);
        let at = 0;
        for (const scope of scopes ?? []) {
          expect(scope.from).toBe(at);
          at = scope.to;
        }
        expect(at).toBe(rows.length);
      }),
    );
  });

  test('gives the same rows and rejects however the records are cut into batches', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 8 }),
        fc.constantFrom(...mappings),
        fc.nat(7),
        (records, mapping, cut) => {
          const map = (batches: readonly (readonly SourceRecord[])[]) => {
            const mapper = createMapper(mapping);
            mapper.learn(records, undefined);
            const mapped = batches.map((batch) => mapper.map(batch));
            return {
              rows: mapped.flatMap((batch) => batch.rows),
              // How many rows of its batch came before a reject depends on the batch.
              rejects: mapped.flatMap((batch) => batch.rejects.map(({ after: _, ...reject }) => reject)),
              columns: mapper.columns,
            };
          };
          expect(map([records.slice(0, cut), records.slice(cut)])).toEqual(map([records]));
        },
      ),
    );
  });

  test('rejects none of the values a type was inferred from, but those no column can hold', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        const records = values.map((v) => ({ v }));
        const mapper = createMapper({ ...base, primary_key: [], schema_contract: 'evolve' });
        mapper.learn(records, undefined);
        for (const { code, reason } of mapper.map(records).rejects)
          expect(
            code === 'row/text' ||
              reason.includes('is not a finite number') ||
              reason.includes('is out of the range of numbers') ||
              reason.includes('more than 1000 digits'),
          ).toBe(true);
      }),
    );
  });
});

describe('coercion', () => {
  const coercions = Object.fromEntries(
    columnTypes.map((type) => [type, createCoercion(type, { timezone: 'UTC' })]),
  ) as { readonly [type in ColumnType]: Coercion };

  test('ends in a cell of the canonical form, which is its own cell', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(...columnTypes), (from, type) => {
        if (from === null) return;
        const coerce = coercions[type];
        const cell = coerce(from);
        if (cell instanceof Refusal) {
          expect(cell.reason).not.toMatch(/\0|\p{Surrogate}/u);
          return;
        }
        const again = type === 'json' ? parseJson(cell as string) : (cell as Cell);
        if (again !== null) expect(coerce(again)).toBe(cell);
      }),
      { numRuns: 10 * cases },
    );
  });

  test('keeps the value of every decimal', () => {
    fc.assert(
      fc.property(digits, (text) => {
        const cell = coercions.decimal(text);
        if (cell instanceof Refusal) {
          expect(cell.reason).toContain('more than 1000 digits');
          return;
        }
        expect(cell).toMatch(/^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\.[0-9]*[1-9])$/);
        expect(Number(cell)).toBe(Number(text) === 0 ? Number(cell) : Number(text));
      }),
      { numRuns: 10 * cases },
    );
  });

  test('reads a zone as the same instant that a zoned text of it names', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
        (date, timezone) => {
          const shown = new Date(Math.floor(date.getTime() / 1000) * 1000).toLocaleString('sv-SE', {
            timeZone: timezone,
          });
          const cell = createCoercion('timestamp', { timezone })(shown);
          if (typeof cell !== 'string') throw new Error(`${shown} was refused`);
          expect(new Date(cell).toLocaleString('sv-SE', { timeZone: timezone })).toBe(shown);
        },
      ),
    );
  });
});
