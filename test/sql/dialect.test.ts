import { expect, test } from 'vitest';
import type { Declaration } from '../../src/sql/dialect.ts';
import { inChunks, placeholders } from '../../src/sql/libsql-chunks.ts';
import { affinityOf, holds, typeOf } from '../../src/sql/libsql-types.ts';
import { databasePath, databaseUrlPattern } from '../../src/sql/path.ts';
import { quote } from '../../src/sql/quote.ts';
import { databaseFile, otherClient } from './support.ts';

test('names are always quoted, quotes doubled, and what cannot be kept is refused', () => {
  expect(quote('a "b" c')).toBe('"a ""b"" c"');
  expect(() => quote('a\0b')).toThrow(expect.objectContaining({ code: 'schema/name' }));
  expect(() => quote('\udc00')).toThrow(expect.objectContaining({ code: 'schema/name' }));
});

test.each([
  'INTEGER',
  'BIGINT',
  'VARCHAR(20)',
  'CLOB',
  'REAL',
  'DOUBLE PRECISION',
  'BLOB',
  '',
  'DECIMAL(10,2)',
  'BOOLEAN',
  'DATETIME',
  'FLOATING POINT',
  'JSON',
  'ANY',
])('knows what SQLite does to values of a column declared %s', (declared) => {
  const client = otherClient(databaseFile());
  client.exec(`CREATE TABLE t (x ${declared}); INSERT INTO t VALUES ('1.5e1'), ('7')`);
  const stored = (client.prepare('SELECT typeof(x), x FROM t').raw().all([]) as [string, unknown][]).map(
    ([type, value]) => `${type} ${value}`,
  );
  const expected = {
    integer: ['integer 15', 'integer 7'],
    numeric: ['integer 15', 'integer 7'],
    real: ['real 15', 'real 7'],
    text: ['text 1.5e1', 'text 7'],
    none: ['text 1.5e1', 'text 7'],
  };
  expect(stored).toEqual(expected[affinityOf(loose(declared))]);
});

const loose = (declared: string): Declaration => ({ declared, strict: false });
const strict = (declared: string): Declaration => ({ declared, strict: true });

test('a column holds a type only when each value comes back as it was written', () => {
  expect(holds(loose('VARCHAR'), 'decimal')).toBe(true);
  expect(holds(loose('DECIMAL(10,2)'), 'decimal')).toBe(false);
  expect(holds(loose('INTEGER'), 'string')).toBe(false);
  expect(holds(loose('TEXT'), 'integer')).toBe(false);
  expect(holds(loose('REAL'), 'integer')).toBe(false);
  expect(holds(loose('DATETIME'), 'timestamp')).toBe(true);
  expect(holds(loose(''), 'json')).toBe(true);
  expect(holds(loose('ANY'), 'string')).toBe(false);
  expect(holds(strict('ANY'), 'string')).toBe(true);
  expect(holds(strict('BLOB'), 'string')).toBe(false);
  expect(holds(strict('INTEGER'), 'date')).toBe(false);
});

test('a column nobody told us about has the widest type it holds', () => {
  const declared = ['INT', 'DOUBLE', 'TEXT', '', 'BOOLEAN', 'DATE', 'TIMESTAMP', 'DECIMAL(10,2)'];
  expect(declared.map(loose).map(typeOf)).toEqual([
    'integer',
    'number',
    'string',
    'string',
    'boolean',
    'date',
    'timestamp',
    'number',
  ]);
  for (const name of declared) expect(holds(loose(name), typeOf(loose(name)))).toBe(true);
  expect(typeOf(loose('ANY'))).toBe('number');
  expect(typeOf(strict('ANY'))).toBe('string');
});

test('chunks have few sizes, hold everything in order, and keep to the limit of parameters', () => {
  const items = Array.from({ length: 237 }, (_, n) => n);
  const chunks = [...inChunks(items, 7)];
  expect(chunks.flat()).toEqual(items);
  expect(new Set(chunks.map((chunk) => chunk.length))).toEqual(new Set([100, 10, 1]));
  for (const chunk of inChunks(items, 2_000)) expect(chunk.length * 2_000).toBeLessThanOrEqual(32_766);
  expect(placeholders(2, 3)).toBe('(?,?,?),(?,?,?)');
});

test('a database is named by a file URL or a path; what is not a file is no match', () => {
  expect(databasePath('file:data/x.db', '/srv/app')).toBe('/srv/app/data/x.db');
  expect(databasePath('data/x.db', '/srv/app')).toBe('/srv/app/data/x.db');
  expect(databasePath('file:///var/a%20b.db', '/srv/app')).toBe('/var/a b.db');
  const pattern = new RegExp(databaseUrlPattern, 'u');
  const good = ['file:data/x.db', 'x.db', '/srv/x.db', 'C:\\data\\x.db', 'file:///srv/x.db'];
  expect(good.filter((url) => !pattern.test(url))).toEqual([]);
  const bad = ['libsql://example.turso.io', 'https://example.com/x', ':memory:', 'file::memory:', ''];
  expect(bad.filter((url) => pattern.test(url))).toEqual([]);
});
