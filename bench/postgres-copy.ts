/**
 * The baseline beside PostgreSQL: streams a file of text lines, as COPY writes them, into a new table that has the same
 * columns, stamps and primary key as the pipeline's. Nothing is parsed, mapped, looked up or counted.
 *
 *     postgres-copy.ts FILE URL
 */

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from } from 'pg-copy-streams';

const [file = '', url = ''] = process.argv.slice(2);
const client = new pg.Client(url);
await client.connect();
await client.query('DROP TABLE IF EXISTS copied');
await client.query(
  `CREATE TABLE copied (id bigint, email text, name text, amount double precision, active boolean,
    updated_at timestamp with time zone, note text, _run_id text, _synced_at text, PRIMARY KEY (id))`,
);
await pipeline(createReadStream(file), client.query(from('COPY copied FROM STDIN')));
await client.end();
