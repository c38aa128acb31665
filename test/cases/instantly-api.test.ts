import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LogLine } from '../../src/model/log-line.ts';
import type { RunResult } from '../../src/model/result.ts';
import { edit, query } from '../e2e/cli.ts';
import { failing } from '../kit/fake-api.ts';
import { copyExample, type Example } from './example.ts';
import { type Instantly, instantlyKey, startInstantly } from './instantly/fake.ts';
import { account, campaign, email, lead, sending } from './instantly/records.ts';

const today = Date.now();

/** So many days ago, as `2025-10-20`. */
const day = (ago: number) => new Date(today - ago * 86_400_000).toISOString().slice(0, 10);
/** Noon of that day. */
const noon = (ago: number) => `${day(ago)}T12:00:00.000Z`;

const one = campaign(1);
const two = campaign(2, { status: 2 });
const three = campaign(3);

interface Started {
  readonly instantly: Instantly;
  readonly example: Example;
}

/** Three campaigns with all that belongs to them; what is dated is 5, 20 and 80 days old. */
async function started(): Promise<Started> {
  const instantly = await startInstantly();
  instantly.campaigns.add(one, two, three);
  instantly.accounts.add(...Array.from({ length: 120 }, (_, n) => account(n)));
  instantly.leads.add(...Array.from({ length: 235 }, (_, n) => lead(one.id, n)));
  instantly.leads.add(lead(two.id, 900, { status: 3 }));
  for (const [n, ago] of [80, 20, 5].entries()) {
    instantly.sendings.add(sending(one.id, day(ago), { sent: 10 * (n + 1), replies: n }));
    instantly.sendings.add(sending(two.id, day(ago), { step: '2', sent: 1 }));
    instantly.emails.add(email(one.id, n, noon(ago), { ue_type: n === 0 ? 1 : 2 }));
  }
  return { instantly, example: await exampleFor(instantly) };
}

function exampleFor({ url }: Instantly, environment = {}): Promise<Example> {
  return copyExample('instantly-api', {
    INSTANTLY_API_KEY: instantlyKey,
    INSTANTLY_URL: url,
    INSTANTLY_DB: 'instantly.db',
    ...environment,
  });
}

const read = ({ folder }: Example, sql: string) => query(join(folder, 'instantly.db'), sql);
const count = (example: Example, table: string) => read(example, `SELECT count(*) FROM ${table}`).flat()[0];

const sizes = {
  campaigns: 3,
  campaign_analytics: 3,
  leads: 236,
  steps: 2,
  accounts: 120,
  overview: 1,
  daily_analytics: 3,
  emails: 3,
  replies: 2,
};
const tables = Object.keys(sizes);
const sizesIn = (example: Example) =>
  Object.fromEntries(tables.map((table) => [table, count(example, table)]));

/** All rows, to tell that nothing changed. */
const dump = (example: Example) =>
  tables.map((table) => read(example, `SELECT * FROM ${table} ORDER BY 1, 2, 3`));

/** Of each table, how many rows that run wrote. */
const writtenBy = (example: Example, run: string) =>
  Object.fromEntries(
    tables
      .map((table) => [table, count(example, `${table} WHERE sync_batch_id = '${run}'`)] as const)
      .filter(([, rows]) => rows !== 0),
  );

it('brings everything, then what is new; raw_json is merged, each row tells its run, and undo takes a run back', async () => {
  const { instantly, example } = await started();
  const first = await example.run();
  expect(first).toMatchObject({ status: 'succeeded', exitCode: 0 });
  expect(sizesIn(example)).toEqual(sizes);
  expect(writtenBy(example, first.runId)).toEqual(sizes);
  // For campaigns, leads and steps together.
  expect(instantly.asked('GET /campaigns')).toHaveLength(1);
  expect(instantly.asked('GET /campaigns/analytics/steps').map(({ query }) => query.campaign_id)).toEqual(
    expect.arrayContaining([one.id, two.id, three.id]),
  );
  expect(
    instantly
      .asked('POST /leads/list')
      .map(({ fields }) => fields.campaign)
      .sort(),
  ).toEqual([one.id, one.id, one.id, two.id, three.id].sort());
  expect(read(example, 'SELECT emails_sent_count FROM overview')).toEqual([[63]]);
  await expectQuietLog(example, first.runId);

  const before = dump(example);
  const known = instantly.log.length;
  instantly.withheld.add('daily_limit');
  instantly.campaigns.change(two.id, { name: 'Renamed' });
  instantly.sendings.add(sending(one.id, day(1), { sent: 4 }));
  instantly.emails.add(email(one.id, 7, noon(1)));
  const second = await example.run();
  expect(second.pipelines).toMatchObject({
    campaigns: { inserted: 0, updated: 1, unchanged: 2 },
    leads: { updated: 0, unchanged: 236 },
    daily_analytics: { read: 2, inserted: 1, unchanged: 1 },
    emails: { inserted: 1 },
    replies: { inserted: 0 },
  });
  const [days, ...more] = instantly.log.slice(known).filter(({ route }) => route.endsWith('/daily'));
  expect([days?.query.start_date, more]).toEqual([day(8), []]);
  const [renamed] = read(example, `SELECT raw_json FROM campaigns WHERE name = 'Renamed'`) as [[string]];
  expect(JSON.parse(renamed[0])).toMatchObject({ name: 'Renamed', status: 2, daily_limit: 50 });
  expect(writtenBy(example, second.runId)).toEqual({
    campaigns: 1,
    campaign_analytics: 2,
    steps: 1,
    overview: 1,
    daily_analytics: 1,
    emails: 1,
  });

  expect(await example.syncline('undo', second.runId)).toMatchObject({ code: 0 });
  expect(dump(example)).toEqual(before);
});

/** Of a run that went well the files tell everything, the database its beginnings and ends, the errors nothing. */
async function expectQuietLog(example: Example, run: string): Promise<void> {
  const logs = join(example.folder, 'logs');
  const names = (await readdir(logs)).filter((name) => name !== 'errors');
  for (const name of names) expect(name).toMatch(/^\d{4}-\d\d-\d\d\.jsonl$/);
  const steps = read(example, `SELECT step, level FROM sync_logs WHERE batch_id = '${run}'`);
  expect(new Set(steps.map(String))).toEqual(
    new Set(['run_started,info', 'pipeline_started,info', 'pipeline_finished,info', 'run_finished,info']),
  );
  expect(steps).toHaveLength(2 + 2 * tables.length);
  expect((await linesIn(logs)).length).toBeGreaterThan(steps.length);
  expect(await linesIn(join(logs, 'errors'))).toEqual([]);
}

async function linesIn(folder: string): Promise<LogLine[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => JSON.parse(line) as LogLine);
}

const dated = ['--select', 'tag:dated'];

async function cursorOf(example: Example): Promise<string> {
  const { stdout } = await example.syncline('state', 'get', 'daily_analytics', '--json');
  return JSON.parse(stdout).checkpoint.cursor.text as string;
}

/** How many days before itself a run with these flags begins to read, and how many days and emails it reads. */
async function reads({ instantly, example }: Started, ...flags: string[]): Promise<unknown[]> {
  const known = instantly.log.length;
  const { startedAt, pipelines } = await example.run(...dated, ...flags);
  const asked = instantly.log.slice(known).find(({ route }) => route.endsWith('/daily'));
  const age = Date.parse(startedAt.slice(0, 10)) - Date.parse(asked?.query.start_date ?? '');
  return [age / 86_400_000, pipelines.daily_analytics?.read, pipelines.emails?.read];
}

it('a range of days is read beside the live cursor', async () => {
  const { instantly, example } = await started();
  await example.run(...dated);
  expect(await reads({ instantly, example }, '--last', '24h')).toEqual([1, 0, 0]);
  expect(await reads({ instantly, example }, '--last', '7d')).toEqual([7, 1, 1]);
  expect(await reads({ instantly, example }, '--last', '1w')).toEqual([7, 1, 1]);
  expect(await reads({ instantly, example }, '--last', '1mo')).toEqual([30, 2, 2]);
  await example.run(...dated, '--from', day(30), '--to', day(10));
  expect(instantly.asked('GET /campaigns/analytics/daily').at(-1)?.query).toEqual({
    start_date: day(30),
    end_date: day(11),
  });
  expect(instantly.asked('GET /emails').at(-1)?.query).toMatchObject({
    min_timestamp_created: `${day(30)}T00:00:00.000Z`,
    max_timestamp_created: `${day(10)}T00:00:00.000Z`,
  });
  expect(await cursorOf(example)).toBe(day(5));
});

it('--all reads everything again, and --rollback moves the live cursor back and reads on from there', async () => {
  const { instantly, example } = await started();
  expect(await reads({ instantly, example })).toEqual([90, 3, 3]);
  expect(await reads({ instantly, example }, '--all')).toEqual([90, 3, 3]);
  expect(await cursorOf(example)).toBe(day(5));
  for (const { campaign, date, step, variant } of instantly.sendings.all())
    if (date === day(5)) instantly.sendings.remove([campaign, date, step, variant].join(' '));
  await example.run(...dated, '--rollback', day(25));
  expect(instantly.asked('GET /campaigns/analytics/daily').at(-1)?.query.start_date).toBe(day(28));
  expect(await cursorOf(example)).toBe(day(20));
});

it('a stream that fails stops no other, is in every log, and is taken up by the next run', async () => {
  const { instantly, example } = await started();
  instantly.fail('GET /emails', failing(500));
  const failed = await example.syncline('run', '--json');
  const { runId, ...run } = JSON.parse(failed.stdout) as RunResult;
  expect(run).toMatchObject({
    status: 'mixed',
    exitCode: 1,
    pipelines: {
      emails: { status: 'failed' },
      replies: { status: 'failed' },
      leads: { status: 'succeeded' },
    },
  });
  const told = (name: string) => expect.stringMatching(`${name}.*GET .*/emails answered 500`);
  expect(failed).toMatchObject({ code: 1, stderr: told('emails: failed') });
  const logs = join(example.folder, 'logs');
  const errors = await linesIn(join(logs, 'errors'));
  expect(errors.map(({ pipeline, level }) => [pipeline, level]).sort()).toEqual([
    ['emails', 'error'],
    ['replies', 'error'],
  ]);
  expect(await linesIn(logs)).toEqual(expect.arrayContaining(errors));
  const sql = `SELECT batch_id, message, json_extract(meta, '$.pipeline') FROM sync_logs WHERE level = 'error' ORDER BY 3`;
  expect(read(example, sql)).toEqual(['emails', 'replies'].map((name) => [runId, told('failed'), name]));

  await makeOld(example);
  instantly.mend();
  expect((await example.run()).pipelines).toMatchObject({
    emails: { inserted: 3 },
    replies: { inserted: 2 },
  });
  expect(sizesIn(example)).toEqual(sizes);
  expect(await readdir(join(logs, 'errors'))).not.toContain(`${day(40)}.jsonl`);
  expect(await readdir(logs)).not.toContain(`${day(40)}.jsonl`);
  expect(count(example, "sync_logs WHERE batch_id = 'old'")).toBe(0);
});

/** Leaves logs of 40 days ago: the example keeps those of 30 days. */
async function makeOld({ folder }: Example): Promise<void> {
  for (const name of ['logs', 'logs/errors']) await writeFile(join(folder, name, `${day(40)}.jsonl`), '');
  edit(
    join(folder, 'instantly.db'),
    `INSERT INTO sync_logs (batch_id, level, step, message, meta, created_at)
    VALUES ('old', 'info', 'run_started', '', '{}', '${noon(40)}')`,
  );
}

it('emails are asked for no more often than 20 times in their period, whoever asks', async () => {
  const instantly = await startInstantly({ emailLimit: { requests: 20, per: 2_000 } });
  instantly.emails.add(...Array.from({ length: 1_150 }, (_, n) => email(one.id, n, noon(5), { ue_type: 2 })));
  // Twice the period of the server, so that no delay on the way makes two of them meet there.
  const example = await exampleFor(instantly, { INSTANTLY_MAIL_PER: '4s' });
  const { status, pipelines } = await example.run('emails', 'replies');
  expect(status).toBe('succeeded');
  expect(pipelines).toMatchObject({ emails: { inserted: 1_150 }, replies: { inserted: 1_150 } });
  const asked = instantly.asked('GET /emails');
  expect(asked).toHaveLength(24);
  expect(asked.filter((request) => request.status !== 200)).toEqual([]);
});

it('its schedule can be run by cron, systemd and GitHub Actions', async () => {
  const { example } = await started();
  const exported = async (target: string) => {
    const { stdout, code } = await example.syncline('export', target);
    expect(code).toBe(0);
    return stdout;
  };
  const cron = await exported('cron');
  const [line = '', ...more] = cron.split('\n').filter((text) => /^[\d*]/.test(text));
  expect(more).toEqual([]);
  expect(line).toMatch(/^0 9 \* \* \* /);
  const systemd = await exported('systemd');
  expect(systemd).toContain('OnCalendar=*-*-* 09:00:00 UTC\n');
  const workflow = await exported('github-actions');
  expect(workflow).toContain('- cron: "0 9 * * *"');
  expect(workflow).toContain('INSTANTLY_API_KEY: ${{ secrets.INSTANTLY_API_KEY }}');
  for (const name of tables) for (const text of [line, systemd, workflow]) expect(text).toContain(name);
  // Without the runners: what each would start is one run of all pipelines.
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(systemd) ?? [];
  const [, , ...args] = command.split(' ');
  expect((await example.syncline(...args)).code).toBe(0);
  expect(sizesIn(example)).toEqual(sizes);
});
