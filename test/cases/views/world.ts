import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sheets } from '@googleapis/sheets';
import { expect } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { edit, folderWith, query, root, syncline } from '../../e2e/cli.ts';
import { startGoogleLogin } from '../../kit/google-login.ts';
import { type SheetsServer, startSheets } from '../../kit/sheets.ts';

const metrics = ['followers', 'likes', 'comments', 'videos', 'views'];

/** The config of the example in a folder of its own, a spreadsheet, and a database of parsed accounts. */
export async function startViews({ timezone = 'UTC' } = {}) {
  const server = await startSheets();
  const login = await startGoogleLogin(server.token);
  const settings = {
    SHEETS_URL: server.url,
    SPREADSHEET_ID: server.id,
    SYNCLINE_LISTEN: '127.0.0.1:0',
    TIMEZONE: timezone,
  };
  const folder = await folderWith({
    'sync.config.yaml': await readFile(join(root, 'examples/view-counter/sync.config.yaml'), 'utf8'),
    'google-key.json': login.key,
    '.env': Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  });
  edit(
    join(folder, 'parsed.db'),
    `CREATE TABLE accounts (profile_url TEXT PRIMARY KEY, ${metrics.map((metric) => `${metric} INTEGER`).join(', ')}, platform TEXT, project_id TEXT)`,
  );
  for (const title of ['alpha', 'beta'])
    server.fill(title, [['Profile', 'Followers', 'Likes', 'Comments', 'Videos', 'Views']]);
  return {
    folder,
    server,
    login,
    views: join(folder, 'views.db'),
    /** A parsed account, all of whose counts are this. */
    parse: (profile: string, count: number | string, project = 'alpha') =>
      edit(
        join(folder, 'parsed.db'),
        `INSERT OR REPLACE INTO accounts VALUES ('${profile}', ${metrics.map(() => `'${count}'`).join(', ')}, 'tiktok', '${project}')`,
      ),
    accounts: () =>
      query(
        join(folder, 'views.db'),
        `SELECT profile_url, project_id, ${metrics.join(', ')} FROM accounts ORDER BY 1`,
      ),
    /** A sheet as Google's client reads it, without its header. */
    sheet: async (title: string) => (await readValues(server, title)).slice(1),
    async run(args: readonly string[] = [], environment = {}): Promise<RunResult> {
      const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args], environment);
      expect(stdout, stderr).not.toBe('');
      return JSON.parse(stdout) as RunResult;
    },
  };
}

async function readValues({ url, token, id }: SheetsServer, title: string): Promise<unknown[][]> {
  const headers = { authorization: `Bearer ${token}` };
  const { spreadsheets } = sheets({ version: 'v4', rootUrl: `${url}/`, headers, retry: false });
  const asked = { spreadsheetId: id, range: title, valueRenderOption: 'UNFORMATTED_VALUE' };
  return (await spreadsheets.values.get(asked)).data.values ?? [];
}
