import Database from 'libsql';
import { expect, it, onTestFinished } from 'vitest';
import { query, syncline } from '../../e2e/cli.ts';
import { startViews } from './world.ts';

const five = (count: number) => [count, count, count, count, count];

/** How far east of Greenwich it is noon now, in hours: no test there runs over midnight. */
const noonAt = 12 - new Date().getUTCHours();

function zoneAt(east: number): string {
  // In these names the sign says how far Greenwich is.
  return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
}

function dayIn(timeZone: string, at: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(at));
}

it('takes the greater of what was typed and what was parsed, and keeps a snapshot per account and day', async () => {
  const noon = zoneAt(noonAt);
  const { server, login, parse, run, accounts, views } = await startViews({ timezone: noon });
  for (const [row, cells] of [
    ['https://a.com/ann', '1000', '1000', '1000', '1000', '1000'],
    ['https://a.com/bob', '1,234', 'n/a', '', '12', 'see below'],
    ['', '9', '9', '9', '9', '9'],
    ['https://a.com/cy', '1,000', '1,000', '1,000', '1,000', '1,000'],
  ].entries())
    for (const [column, typed] of cells.entries())
      if (typed !== '') server.type('alpha', `${'ABCDEF'[column]}${row + 2}`, typed);
  server.type('beta', 'A2', 'https://a.com/dee');
  parse('https://a.com/ann', 950);
  parse('https://a.com/cy', 1050);
  parse('https://a.com/dee', 7, 'beta');
  parse('https://a.com/eve', 'many');

  const first = await run();
  expect(first).toMatchObject({ status: 'partial', exitCode: 3 });
  const { typed, parsed, snapshots } = first.pipelines;
  // The row without a profile, and the account that was parsed wrong, stop no other.
  expect(typed).toMatchObject({ status: 'partial', read: 5, inserted: 4, rejected: 1, defaulted: 2 });
  expect(typed?.partitions).toMatchObject({ 'project=alpha': { read: 4 }, 'project=beta': { read: 1 } });
  expect(parsed).toMatchObject({ status: 'partial', updated: 3, rejected: 1 });
  expect(accounts()).toEqual([
    ['https://a.com/ann', 'alpha', ...five(1000)],
    ['https://a.com/bob', 'alpha', 1234, 0, 0, 12, 0],
    ['https://a.com/cy', 'alpha', ...five(1050)],
    ['https://a.com/dee', 'beta', ...five(7)],
  ]);
  expect(snapshots).toMatchObject({ status: 'succeeded', inserted: 4 });
  expect(login.claims[0]).toMatchObject({ scope: 'https://www.googleapis.com/auth/spreadsheets' });

  const days = () => query(views, 'SELECT day, profile_url, followers FROM account_snapshots ORDER BY 1, 2');
  const today = [
    [dayIn(noon, first.startedAt), 'https://a.com/ann', 1000],
    [dayIn(noon, first.startedAt), 'https://a.com/bob', 1234],
    [dayIn(noon, first.startedAt), 'https://a.com/cy', 1050],
    [dayIn(noon, first.startedAt), 'https://a.com/dee', 7],
  ];
  expect(days()).toEqual(today);
  parse('https://a.com/ann', 1100);
  expect((await run()).pipelines.snapshots).toMatchObject({ inserted: 0, updated: 0 });
  expect(accounts()[0]).toEqual(['https://a.com/ann', 'alpha', ...five(1100)]);
  expect(days()).toEqual(today);

  // Half a day away it is another day.
  const other = zoneAt(noonAt > 1 ? noonAt - 14 : noonAt + 13);
  const third = await run(['snapshots'], { TIMEZONE: other });
  const day = dayIn(other, third.startedAt);
  expect(day).not.toBe(today[0]?.[0]);
  expect(third.pipelines.snapshots).toMatchObject({ inserted: 4 });
  expect(days()).toContainEqual([day, 'https://a.com/ann', 1100]);
});

it('syncs what was parsed while the spreadsheet cannot be asked, says so, and goes on by one project', async () => {
  const { folder, server, parse, run, accounts } = await startViews();
  server.type('alpha', 'A2', 'https://a.com/ann');
  server.type('alpha', 'B2', '50');
  server.type('beta', 'A2', 'https://a.com/dee');
  server.type('beta', 'B2', '60');
  parse('https://a.com/ann', 10);
  parse('https://a.com/dee', 20, 'beta');
  // Three times for each of the two sheets.
  for (let request = 1; request <= 6; request++) server.fail('GET', 503);
  const { status, exitCode, pipelines } = await run();
  expect({ status, exitCode }).toEqual({ status: 'mixed', exitCode: 1 });
  expect(pipelines).toMatchObject({
    typed: {
      status: 'failed',
      error: { code: 'http/status', message: expect.stringContaining('503') },
      partitions: { 'project=alpha': { status: 'failed' }, 'project=beta': { status: 'failed' } },
    },
    parsed: { status: 'succeeded', inserted: 2 },
    snapshots: { status: 'succeeded', inserted: 2 },
    alpha_sheet: { status: 'skipped' },
    beta_sheet: { status: 'skipped' },
  });
  expect(accounts()).toEqual([
    ['https://a.com/ann', 'alpha', ...five(10)],
    ['https://a.com/dee', 'beta', ...five(20)],
  ]);
  const back = await run(['typed', '--partition', 'project=beta']);
  expect(back).toMatchObject({ status: 'succeeded', pipelines: { typed: { updated: 1 } } });
  expect(accounts()).toEqual([
    ['https://a.com/ann', 'alpha', ...five(10)],
    ['https://a.com/dee', 'beta', 60, 20, 20, 20, 20],
  ]);
  const { stdout } = await syncline(folder, ['status', '--json']);
  expect(JSON.parse(stdout)[0].partitions).toMatchObject({
    'project=alpha': { status: 'failed' },
    'project=beta': { status: 'idle' },
  });
});

it('writes into the sheets what was parsed: changed cells only, and none that a person changed', async () => {
  const { server, parse, run, sheet, views } = await startViews();
  server.type('beta', 'A2', 'https://a.com/dee');
  server.type('beta', 'B2', '1000');
  parse('https://a.com/ann', 7);
  parse('=1+1', 8);
  parse('https://a.com/dee', 9, 'beta');
  const written = () =>
    server.requests
      .filter(({ method }) => method === 'POST')
      .flatMap(({ body }) => JSON.parse(body).requests as { readonly [kind: string]: unknown }[]);
  await run();
  expect(await sheet('alpha')).toEqual([
    ['https://a.com/ann', ...five(7)],
    ['=1+1', ...five(8)],
  ]);
  expect(await sheet('beta')).toEqual([['https://a.com/dee', 1000, 9, 9, 9, 9]]);
  expect(JSON.stringify(written())).not.toContain('formulaValue');

  // Somebody lowers one number; one count of the others changes.
  server.type('alpha', 'F2', '3');
  parse('https://a.com/ann', 9);
  const before = written().length;
  const reader = readerOf(views);
  const second = await run();
  expect(second.pipelines.alpha_sheet).toMatchObject({ updated: 1, unchanged: 1, kept: 1 });
  expect(await sheet('alpha')).toContainEqual(['https://a.com/ann', 9, 9, 9, 9, 3]);
  const nine = { userEnteredValue: { numberValue: 9 } };
  expect(written().slice(before)).toMatchObject([
    { updateCells: { start: { rowIndex: 1, columnIndex: 1 }, rows: [{ values: [nine, nine, nine, nine] }] } },
  ]);
  // Who reads the accounts meanwhile is not in the way, and sees them as they were when it began.
  expect(second.pipelines.parsed).toMatchObject({ status: 'succeeded', updated: 1 });
  expect(reader.followers()).toEqual([7]);
  expect(query(views, 'PRAGMA journal_mode')).toEqual([['wal']]);

  // Who puts the old number back hands the cell back, and so does who clears it.
  server.type('alpha', 'F2', '7');
  server.type('beta', 'B2', '');
  await run(['alpha_sheet', 'beta_sheet']);
  expect(await sheet('alpha')).toContainEqual(['https://a.com/ann', ...five(9)]);
  expect(await sheet('beta')).toEqual([['https://a.com/dee', ...five(9)]]);
});

/** Another program in the middle of reading, until the test ends. */
function readerOf(file: string) {
  const database = new Database(file, { readonly: true });
  onTestFinished(() => void database.close());
  const counts = database
    .prepare("SELECT followers FROM accounts WHERE profile_url = 'https://a.com/ann'")
    .raw();
  const followers = () => counts.get() as unknown;
  database.exec('BEGIN');
  followers();
  return { followers };
}
