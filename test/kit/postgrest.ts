/** A PostgREST as Supabase has one, over a real PostgreSQL: rows, errors and limits are the database's own. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { freshDatabase } from './postgres.ts';
import { BadQuery, conditionOf, names, orderOf, quote } from './postgrest-query.ts';

export interface PostgRestServer {
  /** Of the project, without `/rest/v1`. */
  readonly url: string;
  /** Of the database behind it. */
  readonly database: string;
  readonly key: string;
  readonly requests: readonly { readonly method: string; readonly url: string; readonly body: string }[];
  /** The next request of this method is answered with this status, after it was done where `done` says so. */
  fail(method: string, status: number, done?: boolean): void;
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: { readonly [name: string]: string };
}

interface Asked {
  readonly method: string;
  readonly params: URLSearchParams;
  readonly table: string;
  readonly schema: string;
  readonly prefer: string;
  readonly body: string;
}

const key = 'sb_secret_of-the-project';

/** Starts one that stops when the test ends; it gives `most` rows at once. */
export async function startPostgRest(most = 1_000): Promise<PostgRestServer> {
  const database = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database, options: '-c timezone=UTC', max: 4 });
  pool.on('error', () => undefined);
  const requests: { method: string; url: string; body: string }[] = [];
  const failures: { method: string; status: number; done: boolean }[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    const body = await text(request);
    requests.push({ method, url, body });
    const failure = failures.find((one) => one.method === method);
    if (failure) failures.splice(failures.indexOf(failure), 1);
    const done = failure && !failure.done ? undefined : await answer(pool, request, body, most);
    const {
      status,
      headers = {},
      body: said = '',
    } = failure === undefined && done ? done : { status: failure?.status ?? 500 };
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(said);
  };
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await pool.end();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fail = (method: string, status: number, done = false) => void failures.push({ method, status, done });
  return { url, database, key, requests, fail };
}

async function answer(pool: pg.Pool, request: IncomingMessage, body: string, most: number): Promise<Answer> {
  const { headers, method = '' } = request;
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://any');
  if (headers.apikey !== key || headers.authorization !== `Bearer ${key}`)
    return failed(401, { message: 'Invalid API key', hint: 'Double check your API key.' });
  const schema = String(headers[method === 'GET' ? 'accept-profile' : 'content-profile'] ?? 'public');
  if (schema !== 'public' && schema !== 'crm')
    return failed(406, {
      code: 'PGRST106',
      message: 'Invalid schema',
      details: null,
      hint: 'Only public and crm are exposed',
    });
  const table = decodeURIComponent(pathname.replace('/rest/v1/', ''));
  const asked = { method, params: searchParams, table, schema, prefer: String(headers.prefer ?? ''), body };
  try {
    if (table === '') return { status: 200, body: await openApi(pool, schema) };
    return await about(pool, asked, most);
  } catch (error) {
    return errorOf(error);
  }
}

async function about(pool: pg.Pool, asked: Asked, most: number): Promise<Answer> {
  const columns = await columnsOf(pool, asked);
  if (columns.size === 0) {
    const message = `Could not find the table '${asked.schema}.${asked.table}' in the schema cache`;
    return failed(404, { code: 'PGRST205', message, details: null, hint: null });
  }
  if (asked.method === 'POST') return insert(pool, asked, columns);
  if (asked.method === 'DELETE') return remove(pool, asked);
  return read(pool, asked, most);
}

async function read(pool: pg.Pool, { params, schema, table, prefer }: Asked, most: number): Promise<Answer> {
  const { sql, values } = conditionOf(params);
  const select = params.get('select') ?? '*';
  const chosen = select === '*' ? '*' : names(select).map(quote).join(', ');
  const offset = Number(params.get('offset') ?? 0);
  const limit = Math.min(Number(params.get('limit') ?? most), most);
  const from = `FROM ${quote(schema)}.${quote(table)} WHERE ${sql}`;
  const page = `SELECT ${chosen} ${from} ${orderOf(params.get('order'))} LIMIT ${limit} OFFSET ${offset}`;
  const { rows } = await pool.query(
    `SELECT coalesce(json_agg(p), '[]')::text AS body, count(*) AS n FROM (${page}) p`,
    [...values],
  );
  const count = Number(rows[0].n);
  const isCounted = prefer.includes('count=exact');
  const total = isCounted
    ? Number((await pool.query(`SELECT count(*) AS n ${from}`, [...values])).rows[0].n)
    : undefined;
  const range = `${count === 0 ? '*' : `${offset}-${offset + count - 1}`}/${total ?? '*'}`;
  const status = total !== undefined && count < total ? 206 : 200;
  return { status, body: rows[0].body, headers: { 'content-range': range } };
}

async function insert(
  pool: pg.Pool,
  asked: Asked,
  known: ReadonlyMap<string, string | null>,
): Promise<Answer> {
  const { params, schema, table, prefer, body } = asked;
  const given: unknown = JSON.parse(body);
  const first = (Array.isArray(given) ? given[0] : given) as object;
  const columns = params.has('columns') ? names(params.get('columns') ?? '') : Object.keys(first);
  for (const column of columns) {
    if (known.has(column)) continue;
    const message = `Could not find the '${column}' column of '${table}' in the schema cache`;
    return failed(400, { code: 'PGRST204', message, details: null, hint: null });
  }
  const list = columns.map(quote).join(', ');
  const place = `${quote(schema)}.${quote(table)}`;
  const rows = Array.isArray(given) ? '$1::json' : 'json_build_array($1::json)';
  const defaults = columns.flatMap((name) => (known.get(name) ? [`'${name}', ${known.get(name)}`] : []));
  const completed = prefer.includes('missing=default')
    ? `(SELECT json_agg(jsonb_build_object(${defaults.join(', ')}) || e) FROM jsonb_array_elements(${rows}::jsonb) e)`
    : rows;
  const sql = `INSERT INTO ${place} (${list}) SELECT ${list} FROM json_populate_recordset(null::${place}, ${completed})
    ${await conflict(pool, asked, columns)} RETURNING *`;
  const result = await pool.query(
    `WITH w AS (${sql}) SELECT coalesce(json_agg(w), '[]')::text AS body FROM w`,
    [body],
  );
  return { status: 201, body: prefer.includes('return=representation') ? result.rows[0].body : '' };
}

async function conflict(pool: pg.Pool, { params, prefer, schema, table }: Asked, columns: readonly string[]) {
  const how = /resolution=(merge|ignore)-duplicates/.exec(prefer)?.[1];
  if (how === undefined) return '';
  const target = params.has('on_conflict')
    ? names(params.get('on_conflict') ?? '')
    : await primaryKey(pool, schema, table);
  const set = columns.map((name) => `${quote(name)} = EXCLUDED.${quote(name)}`).join(', ');
  return `ON CONFLICT (${target.map(quote).join(', ')}) DO ${how === 'merge' ? `UPDATE SET ${set}` : 'NOTHING'}`;
}

async function remove(pool: pg.Pool, { params, schema, table }: Asked): Promise<Answer> {
  const { sql, values } = conditionOf(params);
  await pool.query(`DELETE FROM ${quote(schema)}.${quote(table)} WHERE ${sql}`, [...values]);
  return { status: 204 };
}

/** By name, with what stands for a missing value. */
async function columnsOf(pool: pg.Pool, { schema, table }: Pick<Asked, 'schema' | 'table'>) {
  const sql =
    'SELECT column_name AS name, column_default AS value FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2';
  const { rows } = await pool.query(sql, [schema, table]);
  return new Map(rows.map(({ name, value }): [string, string | null] => [name, value]));
}

async function primaryKey(pool: pg.Pool, schema: string, table: string): Promise<string[]> {
  const sql = `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indisprimary AND i.indrelid = $1::regclass`;
  const { rows } = await pool.query(sql, [`${quote(schema)}.${quote(table)}`]);
  return rows.map(({ name }) => name as string);
}

async function openApi(pool: pg.Pool, schema: string): Promise<string> {
  const sql = `SELECT c.relname AS table, a.attname AS name, a.attnotnull AS required, format_type(a.atttypid, a.atttypmod) AS format
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;
  const { rows } = await pool.query(sql, [schema]);
  const definitions: {
    [table: string]: { required: string[]; properties: { [name: string]: object }; type: string };
  } = {};
  for (const { table, name, required, format } of rows) {
    definitions[table] ??= { required: [], properties: {}, type: 'object' };
    const definition = definitions[table];
    if (required) definition.required.push(name);
    definition.properties[name] = { format, type: format.endsWith('[]') ? 'array' : 'string' };
  }
  return JSON.stringify({ swagger: '2.0', definitions });
}

function failed(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body) };
}

/** The status that PostgREST gives an error of the database. */
function errorOf(error: unknown): Answer {
  if (error instanceof BadQuery || error instanceof SyntaxError)
    return failed(400, { code: 'PGRST100', message: error.message, details: null, hint: null });
  const { code = '', message, detail = null, hint = null } = error as pg.DatabaseError;
  const status =
    code === '23503' || code === '23505'
      ? 409
      : code === '42501'
        ? 403
        : code === '42P01'
          ? 404
          : /^(22|23|42|P0001)/.test(code)
            ? 400
            : 500;
  return failed(status, { code, message, details: detail, hint });
}
