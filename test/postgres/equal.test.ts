import fc from 'fast-check';
import Database from 'libsql';
import { parseJson } from 'syncline';
import { expect, test } from 'vitest';
import type { Cell, ColumnType, Row, RowBatch, Strategy, Target } from '../../src/model/types.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { canonicalText } from '../../src/transform/json-values.ts';
import { slowCases } from '../counts.ts';
import { query, sharedDatabase } from '../kit/postgres.ts';
import { databaseFile, targetsOf } from '../sql/support.ts';

const samples: { readonly [type in ColumnType]: readonly Cell[] } = {
  string: ['', 'a', 'B', 'é', '\u{1f44d}', 'NULL', '{"a",b}', 'a\\b', '\\N', '\\.', "it's", '\t\r\n'],
  integer: [-1, 0, 7, 2n ** 63n - 1n, -(2n ** 63n)],
  number: [0, -1.5, 0.1, 1e300, 5e-324],
  decimal: ['0', '9.5', '10.25', '-0.5', '123456789012345678901234567890.123456789'],
  boolean: [true, false],
  timestamp: ['0001-01-01T00:00:00.000000Z', '2026-01-02T03:04:05.000001Z', '9999-12-31T23:59:59.999999Z'],
  date: ['0001-01-01', '2026-02-28', '9999-12-31'],
  json: [
    '[1]',
    '[1.0,"1",1]',
    '{"b":2,"a":1.0}',
    '{"a":1,"b":2}',
    '"a"',
    'null',
    '1e400',
    '9007199254740993',
  ],
};
const small: readonly Cell[] = [-1, 0, 1, 2];

const everywhere = ['overwrite', 'first_value', 'first_non_null_value', 'last_non_null_value', 'keep_edits'];
const strategies: { readonly [type in ColumnType]: readonly string[] } = {
  string: [...everywhere, 'max', 'min'],
  integer: [...everywhere, 'max', 'min', 'sum'],
  number: [...everywhere, 'max', 'min'],
  decimal: [...everywhere, 'max', 'min', 'sum'],
  boolean: [...everywhere, 'bool_or', 'bool_and'],
  timestamp: [...everywhere, 'max', 'min'],
  date: [...everywhere, 'max', 'min'],
  json: [...everywhere, 'union', 'shallow_merge', 'deep_merge'],
};

type Field = { readonly type: ColumnType; readonly strategy: Strategy };

const fields = (Object.keys(strategies) as ColumnType[]).flatMap((type) =>
  strategies[type].map((name): Field => ({ type, strategy: { type: name } as Strategy })),
);

function targetOf(name: string, mode: Target['mode'], chosen: readonly Field[]): Target {
  const columns = chosen.map((field, place) => {
    return { ...field, name: `field "${place}" ?`, tracked: field.strategy.type === 'keep_edits' };
  });
  const overwrite: Strategy = { type: 'overwrite' };
  return {
    pipeline: name,
    name,
    mode,
    columns: [
      { name: 'Parent', type: 'string', strategy: overwrite, tracked: false },
      { name: 'id', type: 'integer', strategy: overwrite, tracked: false },
      ...columns,
    ],
    primary_key: [0, 1],
    within: mode === 'upsert' ? [0] : undefined,
    stamps: {},
    run: { id: '01RUN', started_at: '2026-01-01T00:00:00.000Z' },
  };
}

function rowOf(chosen: readonly Field[], ids: fc.Arbitrary<number>): fc.Arbitrary<Row> {
  const cells = chosen.map(({ type, strategy }) => {
    const values = strategy.type === 'sum' && type === 'integer' ? small : samples[type];
    return fc.option(fc.option(fc.constantFrom(...values), { nil: null, freq: 6 }), {
      nil: undefined,
      freq: 6,
    });
  });
  return fc.tuple(fc.constantFrom('a', "it's", '\u{1f44d}'), ids, ...cells);
}

interface Step {
  readonly rows: readonly Row[];
  /** The batch is all there is of the parents it has. */
  readonly whole: boolean;
  /** A person then clears this column of all rows of the first parent. */
  readonly cleared: number | undefined;
}

/** A few rows that meet again and again; or many, among which most are new. */
function rowsOf(chosen: readonly Field[]): fc.Arbitrary<Row[]> {
  const few = fc.array(rowOf(chosen, fc.constantFrom(1, 2)), { maxLength: 12 });
  const many = fc.nat(9).chain((part) => {
    const ids = fc.nat(10_000).map((id) => part * 9_000 + id);
    return fc.array(rowOf(chosen, ids), { minLength: 60, maxLength: 90, size: 'max' });
  });
  return fc.oneof(few, many);
}

const story = fc
  .tuple(
    fc.constantFrom<Target['mode'][]>('upsert', 'upsert', 'append'),
    fc.shuffledSubarray(fields, { minLength: 1, maxLength: 12 }),
  )
  .chain(([mode, chosen]) => {
    const step: fc.Arbitrary<Step> = fc.record({
      rows: rowsOf(chosen),
      whole: fc.boolean(),
      cleared: fc.option(fc.nat(chosen.length - 1), { nil: undefined }),
    });
    return fc.record({
      mode: fc.constant(mode),
      chosen: fc.constant(chosen),
      steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    });
  });

/** Its rows ordered by parent, with a scope for each. */
function scoped({ rows, whole }: Step, target: Target): Pick<RowBatch, 'rows' | 'scopes'> {
  if (!whole || target.within === undefined) return { rows };
  const parents = [...new Set(rows.map((row) => row[0] as Cell))];
  const ordered = parents.flatMap((parent) => rows.filter((row) => row[0] === parent));
  const scopes = parents.map((parent) => {
    const from = ordered.findIndex((row) => row[0] === parent);
    return { from, to: ordered.findLastIndex((row) => row[0] === parent) + 1, parent: [parent], seen: [] };
  });
  return { rows: ordered, scopes };
}

const url = await sharedDatabase();
let stories = 0;

test('whatever is written, in every strategy, libSQL and PostgreSQL hold the same rows and count the same', async () => {
  const check = async ({
    mode,
    chosen,
    steps,
  }: {
    mode: Target['mode'];
    chosen: readonly Field[];
    steps: readonly Step[];
  }) => {
    stories += 1;
    const target = targetOf(`rows_${stories}`, mode, chosen);
    const file = databaseFile();
    const sinks = [await targetsOf(file), await openPostgresTargets({ url, directory: '/' })];
    for (const [index, step] of steps.entries()) {
      const ledger = { fence: 1, basis: '', checkpoint: {} };
      const batch = { target, number: index + 1, ...scoped(step, target), ledger };
      const committed = [];
      for (const sink of sinks) committed.push(await (await sink.begin(target)).commit(batch));
      expect(committed[1]).toEqual(committed[0]);
      expect(await postgresRows(target)).toEqual(libsqlRows(file, target));
      if (step.cleared !== undefined) await clear(file, target, step.cleared);
    }
    await sinks[1]?.close();
  };
  await fc.assert(fc.asyncProperty(story, check), { numRuns: slowCases * 2 });
});

/** As a person would, with another client. */
async function clear(file: string, target: Target, field: number): Promise<void> {
  const column = `"${target.columns[field + 2]?.name.replaceAll('"', '""')}"`;
  const sql = `UPDATE ${target.name} SET ${column} = NULL WHERE "Parent" = 'a'`;
  const client = new Database(file);
  client.exec(sql);
  client.close();
  await query(url, `${sql};`);
}

function libsqlRows(file: string, target: Target): string[] {
  const client = new Database(file, { readonly: true });
  client.defaultSafeIntegers(true);
  const rows = client.prepare(`SELECT * FROM ${target.name}`).raw().all([]) as unknown[][];
  client.close();
  return rows
    .map((row) =>
      printed(
        target,
        row.map((value) => (value === null ? null : String(value))),
      ),
    )
    .sort();
}

async function postgresRows(target: Target): Promise<string[]> {
  const rows = await query(url, `SELECT * FROM ${target.name}`);
  return rows.map((row) => printed(target, row)).sort();
}

/** The text of a row that two databases share when they hold the same values. */
function printed(target: Target, row: readonly (string | null)[]): string {
  const cells = target.columns.map(({ type }, place) => {
    const text = row[place] ?? null;
    if (text === null) return 'null';
    if (type === 'json') return canonicalText(parseJson(text));
    if (type === 'number') return String(Number(text));
    if (type === 'boolean') return String(text === 't' || text === '1');
    if (type !== 'timestamp') return JSON.stringify(text);
    const [, day, time, fraction = ''] =
      /^(\S{10})[T ]([0-9:]{8})(?:\.([0-9]+))?(?:Z|\+00)$/.exec(text) ?? [];
    return `${day} ${time} ${fraction.padEnd(6, '0')}`;
  });
  return cells.join(' | ');
}
