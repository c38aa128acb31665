import pg from 'pg';
import { afterAll, inject, onTestFinished } from 'vitest';
import { urlOf } from './postgres-server.ts';

let databases = 0;

/** The URL of a database of its own for the test at hand; gone when the test ends. */
export async function freshDatabase(): Promise<string> {
  const name = await createDatabase();
  onTestFinished(() => dropDatabase(name));
  return urlOf(inject('postgres'), name);
}

/** The same for all tests of a suite. */
export async function sharedDatabase(): Promise<string> {
  const name = await createDatabase();
  afterAll(() => dropDatabase(name));
  return urlOf(inject('postgres'), name);
}

async function createDatabase(): Promise<string> {
  databases += 1;
  const name = `test_${process.pid}_${databases}`;
  await query(urlOf(inject('postgres'), 'postgres'), `CREATE DATABASE ${name}`);
  return name;
}

async function dropDatabase(name: string): Promise<void> {
  await query(urlOf(inject('postgres'), 'postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** The rows of a statement, as the text the server sent, read by another client. */
export async function query(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<(string | null)[][]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await queryWith(client, sql, values);
  } finally {
    await client.end();
  }
}

/** Another client, closed when the test ends. */
export async function otherSession(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

export async function queryWith(
  client: pg.Client,
  sql: string,
  values: readonly unknown[],
): Promise<(string | null)[][]> {
  const types = { getTypeParser: () => (text: string) => text };
  const settings = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'";
  await client.query(settings);
  if (values.length === 0 && sql.includes(';')) {
    await client.query(sql);
    return [];
  }
  const { rows } = await client.query({ text: sql, values: [...values], rowMode: 'array', types });
  return rows as (string | null)[][];
}

/** Resolves once so many sessions of a database wait for a lock. */
export async function waiting(client: pg.Client, sessions = 1): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  while ((await client.query(sql)).rows.length < sessions);
}
