/**
 * The baseline: reads and parses a file and writes multi-row upserts with the same driver, on one thread, with no
 * mapping, no merging, no counts. `raw` writes rows that are made in memory: the driver's own speed.
 *
 *     baseline.ts csv|jsonl|raw FILE|ROWS DATABASE
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import Database from 'libsql';
import { benchRow, header } from './rows.ts';

const perStatement = 100;
const perCommit = 1000;

type Parameters = (string | number | bigint | null)[];

async function* records(format: string, from: string): AsyncGenerator<Parameters> {
  if (format === 'raw') {
    for (let n = 0; n < Number(from); n++) yield parameters([...benchRow(n, 0)]);
  } else if (format === 'csv') {
    for await (const row of createReadStream(from).pipe(parse({ from_line: 2 })))
      yield parameters(row as string[]);
  } else {
    for await (const line of createInterface({ input: createReadStream(from) }))
      yield parameters(Object.values(JSON.parse(line) as object));
  }
}

function parameters(values: readonly unknown[]): Parameters {
  const [id, email, name, amount, active, updated, note] = values;
  const whole = BigInt(id as string);
  const flag = active === true || active === 'true' ? 1n : 0n;
  return [whole, String(email), String(name), Number(amount), flag, String(updated), String(note)];
}

const [format = '', from = '', file = ''] = process.argv.slice(2);
const database = new Database(file);
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
database.exec(
  'CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, email TEXT, name TEXT, amount REAL, active INTEGER, updated_at TEXT, note TEXT)',
);
const updates = header.slice(1).map((column) => `${column} = excluded.${column}`);
const statement = (rows: number) =>
  database.prepare(
    `INSERT INTO rows VALUES ${Array(rows).fill('(?, ?, ?, ?, ?, ?, ?)').join(', ')}
     ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`,
  );
const full = statement(perStatement);

let held: Parameters = [];
let written = 0;
database.exec('BEGIN IMMEDIATE');
for await (const record of records(format, from)) {
  held.push(...record);
  if (held.length < perStatement * header.length) continue;
  full.run(held);
  held = [];
  written += perStatement;
  if (written % perCommit === 0) database.exec('COMMIT; BEGIN IMMEDIATE');
}
if (held.length > 0) statement(held.length / header.length).run(held);
database.exec('COMMIT');
database.close();
