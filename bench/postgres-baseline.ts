/**
 * The baseline beside PostgreSQL: streams a CSV file into the table as it is (`copy`), or into a temporary one and from
 * there by a single upsert (`upsert`). Nothing is parsed, mapped, merged or counted.
 *
 *     postgres-baseline.ts copy|upsert FILE URL
 */

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import { header } from './rows.ts';

const [how = '', file = '', url = ''] = process.argv.slice(2);
const columns =
  'id bigint PRIMARY KEY, email text, name text, amount double precision, active boolean, updated_at timestamptz, note text';
const client = new pg.Client(url);
await client.connect();
await client.query(`CREATE TABLE IF NOT EXISTS baseline (${columns})`);
if (how === 'upsert') await client.query(`CREATE TEMP TABLE aside (${columns})`);
const table = how === 'upsert' ? 'aside' : 'baseline';
await pipeline(
  createReadStream(file),
  client.query(from(`COPY ${table} FROM STDIN WITH (FORMAT csv, HEADER)`)),
);
if (how === 'upsert') {
  const updates = header.slice(1).map((column) => `${column} = excluded.${column}`);
  await client.query(
    `INSERT INTO baseline SELECT * FROM aside ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`,
  );
}
await client.end();
