import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, query, syncline } from '../../e2e/cli.ts';
import { startSheets } from '../../kit/sheets.ts';

it('reads a sheet that people typed into a table, and writes a table back into a sheet', async () => {
  const server = await startSheets();
  server.fill('people', [['Profile', 'Views'], ['ann'], ['bob', 'n/a'], ['cy', 7], ['dee', 3]]);
  server.type('people', 'B2', '1,234');
  const folder = await folderWith({
    'sync.config.yaml': `version: 1
sources:
  book: { type: google_sheets, spreadsheet: ${server.id}, base_url: ${server.url}, auth: { type: bearer, token: "\${TOKEN}" }, streams: { people: people } }
  db: { type: libsql, url: file:sync.db, streams: { accounts: { table: accounts, primary_key: profile } } }
sinks:
  db: { type: libsql, url: file:sync.db }
  book: { type: google_sheets, spreadsheet: ${server.id}, base_url: ${server.url}, auth: { type: bearer, token: "\${TOKEN}" } }
defaults: { pipeline: { columns: { run_id: false, synced_at: false } } }
pipelines:
  read:
    from: book.people
    to: db.accounts
    primary_key: profile
    map:
      profile: Profile
      views: { from: Views, type: integer, group: ",", on_error: default, default: 0 }
  write:
    from: db.accounts
    to: book.totals
    merge: { views: keep_edits }
    after: read
`,
  });
  const run = async () => {
    const { stdout, stderr } = await syncline(folder, ['run', '--json'], { TOKEN: server.token });
    expect(stdout, stderr).not.toBe('');
    return JSON.parse(stdout).pipelines;
  };
  expect(await run()).toMatchObject({
    read: { status: 'succeeded', inserted: 4, defaulted: 1 },
    write: { status: 'succeeded', inserted: 4 },
  });
  const rows = 'SELECT profile, views FROM accounts ORDER BY profile';
  expect(query(join(folder, 'sync.db'), rows)).toEqual([
    ['ann', 1234],
    ['bob', 0],
    ['cy', 7],
    ['dee', 3],
  ]);
  server.type('totals', 'B4', '5');
  server.type('people', 'B5', '4');
  expect(await run()).toMatchObject({ read: { updated: 1 }, write: { updated: 1, unchanged: 3, kept: 1 } });
  expect(server.cells('totals')).toEqual([
    ['profile', 'views'],
    ['ann', 1234],
    ['bob', 0],
    ['cy', 5],
    ['dee', 4],
  ]);
  server.type('people', 'A1', 'Name');
  expect((await run()).read.error).toMatchObject({ code: 'source/missing_column' });
});
