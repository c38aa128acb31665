import { type Cell, type Column, storedCell } from 'syncline';
import { sinkContract } from 'syncline/testing';
import { describe, test } from 'vitest';
import { sink } from '../../../plugins/supabase/index.ts';
import { parseJson } from '../../../src/index.ts';
import { query } from '../../kit/postgres.ts';
import { type PostgRestServer, startPostgRest } from '../../kit/postgrest.ts';

const types: { readonly [type in Column['type']]: string } = {
  string: 'text',
  integer: 'bigint',
  number: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  json: 'jsonb',
};

/** The table that a test writes to: this sink makes none. */
function tableOf(name: string): string {
  const [, type] = /^(\w+) values/.exec(name) ?? [];
  if (type !== undefined) return `n bigint, value ${types[type as Column['type']]}`;
  const columns = 'id bigint, name text, seen bigint, tags jsonb, email text';
  if (name.startsWith('append')) return columns;
  return `${columns}, ${name.includes('several columns') ? 'UNIQUE (id, name)' : 'PRIMARY KEY (id)'}`;
}

let current = '';
let server: PostgRestServer;

describe('the supabase sink', () => {
  sinkContract({
    test: (name, body) =>
      test(name, () => {
        current = name;
        return body();
      }),
    definition: sink,
    options: async () => {
      server = await startPostgRest();
      await query(server.database, `CREATE TABLE rows (${tableOf(current)});`);
      return { url: server.url, key: server.key };
    },
    makeUnique: async (target, column) =>
      void (await query(server.database, `ALTER TABLE ${target} ADD UNIQUE ("${column}");`)),
    read: async (target, columns) => {
      const names = columns.map(({ name }) => `"${name}"`).join(', ');
      const rows = await query(server.database, `SELECT json_build_array(${names})::text FROM ${target}`);
      return rows.map(([text]) => {
        const values = parseJson(text ?? '') as readonly Cell[];
        return columns.map(({ type }, place) => {
          const cell = storedCell(type, values[place] ?? null);
          return cell === undefined ? 'no such value' : cell;
        });
      });
    },
  });
});
