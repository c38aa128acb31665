import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cron } from 'croner';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { fiveFields } from '../../src/commands/export/cron-fields.ts';
import { crontab } from '../../src/commands/export/crontab.ts';
import { type Group, planOf } from '../../src/commands/export/plan.ts';
import { calendars, systemdUnits } from '../../src/commands/export/systemd.ts';
import { workflow } from '../../src/commands/export/workflow.ts';
import { load } from '../config/load-text.ts';
import { cases, slowCases } from '../counts.ts';

/** A plan for pipelines with these schedules, as YAML. */
async function planned(pipelines: { readonly [name: string]: string }) {
  const lines = Object.entries(pipelines)
    .map(([name, keys]) => `  ${name}: { from: in.rows, to: db.${name}, ${keys} }\n`)
    .join('');
  const text = `version: 1
sources: { in: { type: file, streams: { rows: { path: "\${ROWS:-rows.jsonl}", primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
${lines}`;
  return planOf(await load(text), undefined);
}

async function groupOf(schedule: string): Promise<Group> {
  const { groups } = await planned({ one: `schedule: ${schedule}` });
  const [group] = groups;
  if (group === undefined) throw new Error('no schedule');
  return group;
}

/** Before the clocks of Europe are set forward, and back. */
const starts = ['2026-03-26T00:00:00Z', '2026-10-22T00:00:00Z'].map((time) => Date.parse(time));

function occurrences(next: (after: number) => number | undefined, from: number, number = 50): string[] {
  const found: string[] = [];
  for (let at = next(from); at !== undefined && found.length < number; at = next(at))
    found.push(new Date(at).toISOString());
  return found;
}

/** What a cron that knows five fields makes of them. */
function byCron(expression: string, timezone: string) {
  const job = new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
  return (after: number) => job.nextRun(new Date(after))?.getTime();
}

const zoneOf = ({ schedule: { when } }: Group) => ('every' in when ? 'UTC' : when.timezone);

describe('schedules as cron has them', () => {
  it.each([
    ['"0 9 * * *"', '0 9 * * *'],
    ['"@weekly"', '0 0 * * 0'],
    ['{ every: 30m }', '*/30 * * * *'],
    ['{ every: 1h }', '0 * * * *'],
    ['{ every: 6h }', '0 */6 * * *'],
    ['{ every: 1d }', '0 0 * * *'],
    ['{ every: 1w }', '0 0 * * 4'],
    ['"0 0 9 ? jan-mar MON-fri"', '0 9 * 1-3 1-5'],
    ['"0 0 */10 * 7"', '0 0 1,11,21,31 * 0'],
    ['{ cron: "30 2 * * fri-sun", timezone: Europe/Berlin }', '30 2 * * 0,5-6'],
    ['{ cron: "*/20 2-3 * * *", timezone: Europe/Berlin }', '*/20 2-3 * * *'],
  ])('%s is %s, and occurs at the same times', async (schedule, expected) => {
    const group = await groupOf(schedule);
    expect(fiveFields(group)).toBe(expected);
    for (const start of starts)
      expect(occurrences(byCron(expected, zoneOf(group)), start)).toEqual(
        occurrences(group.schedule.next, start),
      );
  });

  it('occur at the same times, whatever is written', async () => {
    const number = (first: number, last: number) => fc.integer({ min: first, max: last });
    const field = (first: number, last: number) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant('*') },
        number(2, 5).map((step) => `*/${step}`),
        fc.array(number(first, last), { minLength: 1, maxLength: 3 }).map((list) => list.join()),
        fc
          .tuple(number(first, last), number(first, last), number(1, 4))
          .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}/${step}`),
      );
    const expression = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7));
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns');
    await fc.assert(
      fc.asyncProperty(expression, zone, async (fields, timezone) => {
        const group = await groupOf(JSON.stringify({ cron: fields.join(' '), timezone }));
        for (const start of starts)
          expect(occurrences(byCron(fiveFields(group), timezone), start, 20)).toEqual(
            occurrences(group.schedule.next, start, 20),
          );
      }),
      { numRuns: Math.min(cases, 300) },
    );
  });

  it.each([
    ['{ every: 90m }', 'does not fall on the same times'],
    ['{ every: 5d }', 'does not fall on the same times'],
    ['{ every: 30s }', 'has seconds'],
    ['"*/10 * * * * *"', 'has seconds'],
    ['"0 0 L * *"', 'has "l", which only the daemon knows'],
    ['"0 0 * * 5#2"', 'has "5#2", which only the daemon knows'],
    ['"0 0 15W * *"', 'has "15w", which only the daemon knows'],
    ['"0 0 1 * +1"', 'has "+1", which only the daemon knows'],
  ])('%s is refused', async (schedule, reason) => {
    const plan = await planned({ one: `schedule: ${schedule}` });
    expect(() => crontab(plan)).toThrow(reason);
  });
});

const analyze = await execa('systemd-analyze', ['--version'], { reject: false });

/** What systemd makes of calendars, merged, as a timer does it. */
async function bySystemd(specs: readonly string[], from: number, number: number): Promise<string[]> {
  const base = new Date(from).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
  const found = await Promise.all(
    specs.map(async (spec) => {
      const args = ['calendar', `--iterations=${number}`, `--base-time=${base}`, spec];
      const { stdout } = await execa('systemd-analyze', args, { env: { TZ: 'UTC' } });
      const times = stdout.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g);
      return [...times].map(([, day, time]) => `${day}T${time}.000Z`);
    }),
  );
  return [...new Set(found.flat())].sort().slice(0, number);
}

describe.skipIf(analyze.failed)('schedules as systemd has them', () => {
  it.each([
    '"0 9 * * *"',
    '{ every: 15s }',
    '{ every: 20m }',
    '{ every: 1w }',
    '"30 */7 1,15 * *"',
    '"0 6 13 * 5"',
    '"5 4 */9 2-11/3 mon-wed"',
    '{ cron: "0 9 * * *", timezone: Europe/Berlin }',
    '{ cron: "*/30 * * * *", timezone: Europe/Berlin }',
    '{ cron: "0 0 8 * * 1-5", timezone: America/New_York }',
  ])('%s occurs at the same times', async (schedule) => {
    const group = await groupOf(schedule);
    const specs = calendars(group).map((calendar) => `${calendar} ${zoneOf(group)}`);
    for (const start of starts)
      expect(await bySystemd(specs, start, 50)).toEqual(occurrences(group.schedule.next, start));
  });

  it('occur at the same times, whatever is written', async () => {
    const part = (first: number, last: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: first, max: last }).map(String),
        fc.constant(`*/${last > 12 ? 7 : 3}`),
      );
    const expression = fc.tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6));
    await fc.assert(
      fc.asyncProperty(expression, async (fields) => {
        const group = await groupOf(JSON.stringify(fields.join(' ')));
        const specs = calendars(group).map((calendar) => `${calendar} UTC`);
        const [start = 0] = starts;
        expect(await bySystemd(specs, start, 10)).toEqual(occurrences(group.schedule.next, start, 10));
      }),
      { numRuns: slowCases * 5 },
    );
  });

  it('makes units that systemd takes', async () => {
    const plan = await planned({
      one: 'schedule: { every: 30m, jitter: 90s, catch_up: none }',
      two: 'after: one',
      ärger: 'schedule: { cron: "0 9 * * *", timezone: Europe/Berlin }',
    });
    const files = systemdUnits(plan);
    expect([...files.keys()]).toEqual([
      'syncline-one.service',
      'syncline-one.timer',
      'syncline-2.service',
      'syncline-2.timer',
    ]);
    expect(files.get('syncline-one.service')).toContain(' run one two --config ');
    expect(files.get('syncline-one.timer')).toMatch(/Persistent=false\nRandomizedDelaySec=90s\n/);
    const folder = await mkdtemp(join(tmpdir(), 'syncline-units-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const [name, text] of files) await writeFile(join(folder, name), text);
    const paths = [...files.keys()].map((name) => join(folder, name));
    const { stderr } = await execa('systemd-analyze', ['verify', '--man=no', ...paths], { reject: false });
    expect(stderr.split('\n').filter((line) => /syncline/.test(line))).toEqual([]);
  });
});

it('pipelines of one schedule share a line, with those that come after them', async () => {
  const plan = await planned({
    one: 'schedule: "0 9 * * *"',
    two: 'schedule: "@daily"',
    three: 'after: one',
    four: 'schedule: { cron: "0 9 * * *" }',
    five: 'schedule: "0 9 * * *", enabled: false',
  });
  expect(plan.groups.map(({ pipelines }) => pipelines)).toEqual([['one', 'three', 'four'], ['two']]);
});

it('a line that cron would cut is refused, and a config without a schedule', async () => {
  const many = Array.from({ length: 60 }, (_, n) => [`pipeline-with-a-long-name-${n}`, 'schedule: "@daily"']);
  const plan = await planned(Object.fromEntries(many));
  expect(() => crontab(plan)).toThrow('too many pipelines for a line of cron');
  expect(systemdUnits(plan).size).toBe(2);
  await expect(planned({ one: 'mode: upsert' })).rejects.toMatchObject({ code: 'export/schedule' });
});

interface Workflow {
  readonly on: { readonly schedule: readonly { readonly cron: string }[] };
  readonly jobs: {
    readonly sync: {
      readonly steps: readonly { readonly name?: string; readonly run?: string; readonly env?: object }[];
    };
  };
}

describe('a workflow of GitHub Actions', () => {
  it('has the schedules, the variables, and a script that runs what occurred', async () => {
    const plan = await planned({
      one: 'schedule: { every: 30m }',
      two: 'after: one',
      three: 'schedule: { cron: "0 9 * * 1-5", timezone: Etc/UTC }',
    });
    const text = workflow(plan).get('syncline.yml') ?? '';
    const { on, jobs } = parse(text) as Workflow;
    expect(on.schedule.map(({ cron }) => cron)).toEqual(['*/30 * * * *', '0 9 * * 1-5']);
    for (const [index, { cron }] of on.schedule.entries()) {
      const next = plan.groups[index]?.schedule.next ?? (() => undefined);
      for (const start of starts)
        expect(occurrences(byCron(cron, 'UTC'), start)).toEqual(occurrences(next, start));
    }
    const step = jobs.sync.steps.find(({ name }) => name === 'Run');
    expect(step?.env).toMatchObject({
      ROWS: '${{ secrets.ROWS }}',
      SCHEDULE: '${{ github.event.schedule }}',
    });
    const ran = async (env: { readonly [name: string]: string }) => {
      const all = { SCHEDULE: '', PIPELINES: '', ALL: '', ...env };
      const script = `npx() { printf '%s\\n' "$@"; }\n${step?.run}`;
      const { stdout } = await execa('bash', ['-eo', 'pipefail', '-c', script], { env: all });
      return stdout.split('\n').slice(3).join(' ');
    };
    const config = '--config sync.config.yaml';
    expect(await ran({ SCHEDULE: '*/30 * * * *' })).toBe(`${config} -- one two`);
    expect(await ran({ SCHEDULE: '0 9 * * 1-5' })).toBe(`${config} -- three`);
    expect(await ran({})).toBe(`${config} --`);
    expect(await ran({ PIPELINES: 'one  $(id) `id`', ALL: 'true' })).toBe(
      `${config} --all -- one $(id) \`id\``,
    );
  });

  it.each([
    ['{ cron: "0 9 * * *", timezone: Europe/Berlin }', 'is not in UTC'],
    ['{ every: 1m }', 'is more often than every 5 minutes'],
    ['"0,3 9 1 * *"', 'is more often than every 5 minutes'],
  ])('is refused for %s', async (schedule, reason) => {
    const plan = await planned({ one: `schedule: ${schedule}` });
    expect(() => workflow(plan)).toThrow(reason);
  });
});
