import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { parseJson, printJson } from 'syncline';
import { sinkContract, sourceContract } from 'syncline/testing';
import { afterAll, beforeEach, describe, test } from 'vitest';
import * as file from '../../plugins/file/index.ts';
import * as libsql from '../../plugins/libsql/index.ts';
import type { Cell, Column } from '../../src/model/types.ts';

const root = mkdtempSync(join(tmpdir(), 'syncline-contract-'));
let directory = root;

beforeEach(() => {
  directory = mkdtempSync(join(root, 'test-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const records = [
  { id: 1, name: 'Ann', big: 9007199254740993n },
  { id: 2, name: null, big: 0 },
  { id: 3, name: 'Zoë 👍', big: -1 },
];

describe('the file source', () => {
  writeFileSync(join(root, 'rows.jsonl'), records.map((record) => `${printJson(record)}\n`).join(''));
  writeFileSync(join(root, 'broken.jsonl'), '{"id":1}\n{"id":');
  sourceContract({
    test,
    definition: file.source,
    options: async () => ({}),
    stream: { path: 'rows.jsonl' },
    records,
    unreadable: [{ path: 'nowhere.jsonl' }, { path: 'broken.jsonl' }, { path: '*.nothing' }],
    directory: root,
  });
});

describe('the libsql source', () => {
  const database = new Database(join(root, 'source.db'));
  database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT, big INTEGER)');
  for (const { id, name, big } of records)
    database.prepare('INSERT INTO rows VALUES (?, ?, ?)').run(BigInt(id), name, BigInt(big));
  database.close();
  sourceContract({
    test,
    definition: libsql.source,
    options: async () => ({ url: 'file:source.db' }),
    stream: { table: 'rows' },
    records,
    unreadable: [{ table: 'nowhere' }, { query: 'SELECT nonsense FROM rows' }, { query: 'DELETE FROM rows' }],
    directory: root,
  });
});

describe('the libsql sink', () => {
  const path = () => join(directory, 'sink.db');
  sinkContract({
    test,
    definition: libsql.sink,
    options: async () => ({ url: `file:${path()}` }),
    makeUnique: async (target, column) => {
      const owner = new Database(path());
      owner.exec(`CREATE UNIQUE INDEX owned ON "${target}" ("${column}")`);
      owner.close();
    },
    read: async (target, columns) => {
      if (!existsSync(path())) return undefined;
      const reader = new Database(path(), { readonly: true });
      try {
        if (reader.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(target) === undefined)
          return undefined;
        const names = columns.map(({ name }) => `"${name}"`).join(', ');
        const statement = reader.prepare(`SELECT ${names} FROM "${target}"`).raw().safeIntegers(true);
        const rows = statement.all() as unknown as unknown[][];
        return rows.map((row) => columns.map(({ type }, place) => stored(type, row[place])));
      } finally {
        reader.close();
      }
    },
  });
});

describe('the file sink', () => {
  sinkContract({
    test,
    definition: file.sink,
    options: async () => ({ dir: directory, format: 'jsonl', formulas: 'keep' }),
    read: async (target, columns) => {
      const text = textOf(join(directory, target));
      return text
        ?.split('\n')
        .filter(Boolean)
        .map((line) => {
          const record = parseJson(line) as { readonly [name: string]: unknown };
          return columns.map(({ name, type }) => printed(type, record[name] ?? null));
        });
    },
  });
});

/** What is visible under a target's name: one file, or the parts that were appended. */
function textOf(path: string): string | undefined {
  if (existsSync(`${path}.jsonl`)) return readFileSync(`${path}.jsonl`, 'utf8');
  const part = join(path, 'part-01TESTRUN00000000000000000.jsonl');
  return existsSync(part) ? readFileSync(part, 'utf8') : undefined;
}

function stored(type: Column['type'], value: unknown): Cell {
  if (type === 'boolean' && value !== null) return value === 1n;
  if (typeof value !== 'bigint') return value as Cell;
  return type === 'integer' && !Number.isSafeInteger(Number(value)) ? value : Number(value);
}

function printed(type: Column['type'], value: unknown): Cell {
  if (value === null) return null;
  if (type === 'json') return printJson(value as never);
  if (type === 'decimal') return String(value);
  return value as Cell;
}
