import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { folderWith, query, syncline } from './cli.ts';

const types = ['string', 'integer', 'number', 'decimal', 'boolean', 'timestamp', 'date', 'json'] as const;
type Type = (typeof types)[number];

/** JSON text of a value, the type it is mapped to, and what the database must hold; undefined: it must be refused. */
const cases: readonly (readonly [string, Type, unknown])[] = [
  ['9007199254740991', 'integer', 9007199254740991n],
  ['9007199254740993', 'integer', 9007199254740993n],
  ['-9007199254740993', 'integer', -9007199254740993n],
  ['9223372036854775807', 'integer', 9223372036854775807n],
  ['-9223372036854775808', 'integer', -9223372036854775808n],
  ['9223372036854775808', 'integer', undefined],
  ['-9223372036854775809', 'integer', undefined],
  ['"9007199254740993"', 'integer', 9007199254740993n],
  ['1.5', 'integer', undefined],
  ['1884518522.1684267241', 'decimal', '1884518522.1684267241'],
  ['"123456789012345678901234567890.10"', 'decimal', '123456789012345678901234567890.1'],
  ['1884518522.1684267241', 'number', undefined],
  ['1e400', 'number', undefined],
  ['0.1', 'number', 0.1],
  ['-0', 'number', 0],
  ['-0.0', 'integer', 0n],
  ['""', 'string', ''],
  ['"a\\u0000b"', 'string', undefined],
  ['"\\ud800"', 'string', undefined],
  ['{"a":"\\u0000"}', 'json', undefined],
  ['"👍🏽 é"', 'string', '👍🏽 é'],
  ['true', 'boolean', 1n],
  ['"false"', 'boolean', 0n],
  ['2', 'boolean', undefined],
  ['{"b":[1,{"c":9007199254740993}],"a":null}', 'json', '{"b":[1,{"c":9007199254740993}],"a":null}'],
  ['"0001-01-01T00:00:00Z"', 'timestamp', '0001-01-01T00:00:00.000000Z'],
  ['"9999-12-31T23:59:59.999999Z"', 'timestamp', '9999-12-31T23:59:59.999999Z'],
  ['"2026-01-01T00:00:00+14:00"', 'timestamp', '2025-12-31T10:00:00.000000Z'],
  ['"2026-13-01T00:00:00Z"', 'timestamp', undefined],
  ['"2026-01-01T00:00:00"', 'timestamp', undefined],
  ['"2026-01-01T00:00:00.1234567Z"', 'timestamp', undefined],
  ['"2026-02-30"', 'date', undefined],
  ['"0001-01-01"', 'date', '0001-01-01'],
];

const column = (type: Type) => `    ${type}: { from: ${type}, type: ${type} }\n`;
const config = `version: 1
sources: { in: { type: file, streams: { values: values.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  values:
    from: in.values
    to: db.values
    primary_key: n
    columns: { run_id: false, synced_at: false }
    map:
    n: { from: n, type: integer }
${types.map(column).join('')}`.replace(
  /^ {4}(n|string|integer|number|decimal|boolean|timestamp|date|json):/gm,
  '      $1:',
);

describe('values', () => {
  it('arrive as they left, or are refused with field and reason', async () => {
    const lines = cases.map(([text, type], n) => `{"n":${n},"${type}":${text}}\n`).join('');
    const folder = await folderWith({ 'sync.config.yaml': config, 'values.jsonl': lines });
    const { stdout } = await syncline(folder, ['run', '--json']);
    const refused = cases.flatMap(([, type, stored], n) => (stored === undefined ? [{ n, type }] : []));
    expect((JSON.parse(stdout) as RunResult).pipelines.values?.rejected).toBe(refused.length);

    const database = new Database(join(folder, 'sync.db'), { readonly: true });
    const statement = database.prepare('SELECT * FROM "values" ORDER BY n').safeIntegers(true);
    const rows = statement.all() as unknown as { readonly [name: string]: unknown }[];
    const stored = new Map(rows.map((row) => [Number(row.n), row]));
    database.close();
    for (const [n, [text, type, expected]] of cases.entries())
      expect([text, stored.get(n)?.[type]]).toEqual([text, expected]);

    const rejects = await syncline(folder, ['rejects', 'show', '--json']);
    const told = JSON.parse(rejects.stdout) as { field: string; reason: string; record: { n: number } }[];
    expect(told.map(({ field, record }) => ({ n: record.n, type: field }))).toEqual(refused);
    for (const { reason } of told) expect(reason).toMatch(/\w+ \w+/);
  });

  it('are exact when types are learned', async () => {
    const records =
      '{"id":1,"big":9007199254740993,"long":0.1234567890123456789,"mixed":1,"text":"x","nested":{"a":[1]}}\n{"id":2,"big":1,"long":2,"mixed":"one","text":"","nested":null}\n';
    const learned = config.replace(/ {4}map:[\s\S]*/, '').replace('primary_key: n', 'primary_key: id');
    const folder = await folderWith({ 'sync.config.yaml': learned, 'values.jsonl': records });
    expect((await syncline(folder, ['run'])).code).toBe(0);
    expect(
      query(
        join(folder, 'sync.db'),
        'SELECT CAST(big AS TEXT), long, mixed, text, nested FROM "values" ORDER BY id',
      ),
    ).toEqual([
      ['9007199254740993', '0.1234567890123456789', '1', 'x', '{"a":[1]}'],
      ['1', '2', 'one', '', null],
    ]);
  });

  it('of one megabyte are kept whole', async () => {
    const long = 'é'.repeat(1_000_000);
    const folder = await folderWith({
      'sync.config.yaml': config,
      'values.jsonl': `{"n":1,"string":"${long}"}\n`,
    });
    expect((await syncline(folder, ['run'])).code).toBe(0);
    expect(
      query(join(folder, 'sync.db'), 'SELECT length(string), length(CAST(string AS BLOB)) FROM "values"'),
    ).toEqual([[1_000_000, 2_000_000]]);
  });
});

describe('awkward names', () => {
  const names = [
    'select',
    'a "quoted" name',
    "it's",
    'with space',
    '👍',
    'x'.repeat(200),
    '__proto__',
    'constructor',
    '"; DROP TABLE safe; --',
    'a.b',
    '[x]',
    '`tick`',
    'Ünï',
  ];

  it('are kept exactly, and nothing else is harmed', async () => {
    const record = `{"id":1,${names.map((name, place) => `${JSON.stringify(name)}:${place}`).join(',')}}\n`;
    const awkward = config.replace(/ {4}map:[\s\S]*/, '').replace('primary_key: n', 'primary_key: id');
    const folder = await folderWith({
      'sync.config.yaml': awkward.replace('db.values', 'db.order'),
      'values.jsonl': record,
    });
    const database = new Database(join(folder, 'sync.db'));
    database.exec('CREATE TABLE safe (id INTEGER)');
    database.close();
    expect((await syncline(folder, ['run'])).code).toBe(0);
    expect((await syncline(folder, ['run', '--json'])).stdout).toContain('"unchanged": 1');
    const columns = query(join(folder, 'sync.db'), `SELECT name FROM pragma_table_info('order')`);
    expect(columns.flat()).toEqual(['id', ...names]);
    expect(query(join(folder, 'sync.db'), 'SELECT * FROM "order"')).toEqual([[1, ...names.keys()]]);
    expect(query(join(folder, 'sync.db'), 'SELECT count(*) FROM safe')).toEqual([[0]]);
  });

  it('that differ only in case are refused before a table is made', async () => {
    const awkward = config.replace(/ {4}map:[\s\S]*/, '').replace('primary_key: n', 'primary_key: id');
    const folder = await folderWith({
      'sync.config.yaml': awkward,
      'values.jsonl': '{"id":1,"Name":1,"name":2}\n',
    });
    const { code, stderr } = await syncline(folder, ['run']);
    expect(code).toBe(1);
    expect(stderr).toContain('schema/case');
    expect(
      query(join(folder, 'sync.db'), "SELECT count(*) FROM sqlite_master WHERE name = 'values'"),
    ).toEqual([[0]]);
  });
});
