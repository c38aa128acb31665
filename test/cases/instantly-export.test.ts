import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgrestClient } from '@supabase/postgrest-js';
import { expect, it } from 'vitest';
import { root } from '../e2e/cli.ts';
import { freshDatabase, query } from '../kit/postgres.ts';
import { type PostgRestServer, startPostgRest } from '../kit/postgrest.ts';
import { copyExample, type Example } from './example.ts';

const shipped = join(root, 'examples/instantly-export');
const tables = {
  campaigns: 'instantly_campaigns_raw',
  accounts: 'instantly_accounts_raw',
  daily_analytics: 'instantly_daily_analytics_raw',
} as const;
const all = Object.keys(tables) as (keyof typeof tables)[];

interface Export {
  campaigns: { [field: string]: unknown }[];
  accounts: { [field: string]: unknown }[];
  daily_analytics: { [field: string]: unknown }[];
}

async function exported(): Promise<Export> {
  return JSON.parse(await readFile(join(shipped, 'export.json'), 'utf8')) as Export;
}

async function startProject(): Promise<PostgRestServer> {
  const server = await startPostgRest();
  await query(server.database, await readFile(join(shipped, 'tables.sql'), 'utf8'));
  return server;
}

function exampleFor({ url, key }: PostgRestServer, environment = {}): Promise<Example> {
  return copyExample('instantly-export', { SUPABASE_URL: url, SUPABASE_KEY: key, ...environment });
}

async function counts(database: string): Promise<number[]> {
  const selects = all.map((name) => `SELECT count(*) FROM ${tables[name]}`);
  return (await Promise.all(selects.map((sql) => query(database, sql)))).map((rows) => Number(rows[0]?.[0]));
}

const wrote = ({ requests }: PostgRestServer) => requests.filter(({ method }) => method !== 'GET');

it('an export goes into the raw tables of a project, and a second run changes nothing', async () => {
  const project = await startProject();
  const example = await exampleFor(project);
  const first = await example.run();
  expect(first).toMatchObject({
    status: 'succeeded',
    pipelines: { campaigns: { status: 'succeeded', inserted: 4 }, accounts: { inserted: 10 } },
  });
  expect(Object.keys(first.pipelines)).toEqual(['campaigns', 'accounts']);
  expect(await counts(project.database)).toEqual([4, 10, 0]);
  const addresses = wrote(project).map(({ url }) => new URL(url, project.url));
  expect(
    addresses.map(({ pathname, searchParams }) => [pathname, searchParams.get('on_conflict')]).sort(),
  ).toEqual([
    ['/rest/v1/instantly_accounts_raw', 'email'],
    ['/rest/v1/instantly_campaigns_raw', 'instantly_campaign_id'],
  ]);

  const named = await example.run(...all);
  expect(named.pipelines).toMatchObject({
    campaigns: { inserted: 0, updated: 0, unchanged: 4 },
    accounts: { inserted: 0, updated: 0, unchanged: 10 },
    daily_analytics: { status: 'succeeded', inserted: 17 },
  });
  const written = wrote(project).length;
  const again = await example.run(...all);
  expect(again.pipelines).toMatchObject({ daily_analytics: { updated: 0, unchanged: 17 } });
  expect(wrote(project)).toHaveLength(written);
  expect(await counts(project.database)).toEqual([4, 10, 17]);
  await expectRows(project, { campaigns: first.runId, daily_analytics: named.runId });
});

/** Reads the tables with the client of Supabase. */
async function expectRows({ url, key }: PostgRestServer, runs: { [name: string]: string }): Promise<void> {
  const headers = { apikey: key, authorization: `Bearer ${key}` };
  const client = new PostgrestClient(`${url}/rest/v1`, { headers });
  const { campaigns, accounts, daily_analytics } = await exported();
  const rowsOf = async (name: keyof typeof tables, by: string) =>
    (await client.from(tables[name]).select('*').order(by)).data;
  const stamped = (name: string) => ({
    sync_batch_id: runs[name],
    synced_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  expect(await rowsOf('campaigns', 'instantly_campaign_id')).toMatchObject(
    campaigns.map((record) => ({
      instantly_campaign_id: record.campaign_id,
      campaign_name: record.campaign_name,
      leads_count: record.leads_count,
      total_opportunity_value: record.total_opportunity_value,
      raw_json: record,
      ...stamped('campaigns'),
    })),
  );
  expect(await rowsOf('daily_analytics', 'date')).toMatchObject(
    daily_analytics.map((record) => ({ ...record, raw_json: record, ...stamped('daily_analytics') })),
  );
  const [first] = (await rowsOf('accounts', 'email')) ?? [];
  expect(first).toMatchObject({
    email: 'ada.brandt@mail1.example.com',
    warmup_score: 98,
    provider: 'microsoft',
    created_at: '2025-08-11T08:15:30+00:00',
    raw_json: accounts.find(({ email }) => email === 'ada.brandt@mail1.example.com'),
  });
}

it('the same goes straight into PostgreSQL, with tables that need not be there', async () => {
  const database = await freshDatabase();
  const example = await copyExample('instantly-export', { DATABASE_URL: database });
  const config = ['-c', 'postgres.config.yaml'];
  const first = await example.run(...config, ...all);
  expect(first.status).toBe('succeeded');
  expect(await counts(database)).toEqual([4, 10, 17]);
  const second = await example.run(...config, ...all);
  for (const [place, name] of all.entries())
    expect(second.pipelines[name]).toMatchObject({ inserted: 0, updated: 0, unchanged: [4, 10, 17][place] });
  expect(await counts(database)).toEqual([4, 10, 17]);
  const { campaigns } = await exported();
  const sql = `SELECT raw_json, sync_batch_id FROM ${tables.campaigns} ORDER BY instantly_campaign_id`;
  const rows = await query(database, sql);
  expect(rows.map(([raw, run]) => [JSON.parse(raw ?? ''), run])).toEqual(
    campaigns.map((record) => [record, first.runId]),
  );
});

it('a row that fails its checks is kept with its reason, and the others are written', async () => {
  const project = await startProject();
  const example = await exampleFor(project);
  const data = await exported();
  delete data.campaigns[1]?.campaign_id;
  Object.assign(data.accounts[2] ?? {}, { email: 'no address' });
  await writeFile(join(example.folder, 'export.json'), JSON.stringify(data));
  expect(await example.run()).toMatchObject({
    status: 'partial',
    exitCode: 3,
    pipelines: {
      campaigns: { status: 'partial', inserted: 3, rejected: 1 },
      accounts: { status: 'partial', inserted: 9, rejected: 1 },
    },
  });
  expect(await counts(project.database)).toEqual([3, 9, 0]);
  const { stdout } = await example.syncline('rejects', 'show');
  expect(stdout).toMatch(/instantly_campaign_id.*missing/);
  expect(stdout).toMatch(/email.*no address/);
});

it('what keeps the rows from their tables is one clear error, and nothing counts as done', async () => {
  const project = await startProject();
  await query(project.database, 'DROP TABLE instantly_accounts_raw;');
  const [keyless, tableless, hostless] = await Promise.all([
    exampleFor(project, { SUPABASE_KEY: 'wrong' }),
    exampleFor(project),
    exampleFor(project, { SUPABASE_URL: 'http://127.0.0.1:9' }),
  ]);
  const outcomes = await Promise.all(
    [keyless, tableless, hostless].map((example) => example.run('accounts')),
  );
  for (const { exitCode, pipelines } of outcomes)
    expect({ exitCode, ...pipelines.accounts }).toMatchObject({ exitCode: 1, status: 'failed', inserted: 0 });
  expect(outcomes.map(({ pipelines }) => pipelines.accounts?.error)).toEqual([
    error('http/unauthorized', /^table "instantly_accounts_raw": GET .* answered 401 .*Invalid API key/),
    error('sink/table_missing', /^table "instantly_accounts_raw" is not there \(404, PGRST205: /),
    error('http/connection', /^table "instantly_accounts_raw": GET .* cannot be reached \(ECONNREFUSED\)/),
  ]);
  expect(outcomes[1]?.pipelines.accounts?.error?.hint).toContain('CREATE TABLE "instantly_accounts_raw"');
  expect(wrote(project)).toEqual([]);
});

it('an export that is not whole is an error before anything is written', async () => {
  const project = await startProject();
  const whole = await readFile(join(shipped, 'export.json'), 'utf8');
  const { campaigns: _campaigns, ...others } = JSON.parse(whole) as Export;
  const given = [
    [undefined, error('source/file_missing', 'given.json is not there')],
    ['', error('source/malformed', 'given.json is empty')],
    // Past the campaigns, which are whole.
    [whole.slice(0, -40), error('source/malformed', 'given.json is cut off')],
    [JSON.stringify(others), error('source/records', 'nothing at `records: campaigns`')],
  ] as const;
  const outcomes = given.map(async ([text]) => {
    const example = await exampleFor(project, { INSTANTLY_EXPORT: 'given.json' });
    if (text !== undefined) await writeFile(join(example.folder, 'given.json'), text);
    const { exitCode, pipelines } = await example.run('campaigns');
    return { exitCode, error: pipelines.campaigns?.error };
  });
  expect(await Promise.all(outcomes)).toEqual(given.map(([, told]) => ({ exitCode: 1, error: told })));
  expect(wrote(project)).toEqual([]);
  expect(await counts(project.database)).toEqual([0, 0, 0]);
});

function error(code: string, message: string | RegExp): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}
