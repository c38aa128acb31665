import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from 'syncline';
import { expect, test } from 'vitest';
import { folderWith, query, syncline } from '../../e2e/cli.ts';
import { type Api, type Asked, type Reply, rowsOf, startApi } from './support.ts';

const canary = 'canary-"ö"-4711';

const config = `version: 1
sources:
  crm:
    type: http
    base_url: \${CRM_URL}
    headers: { X-Token: "\${CRM_TOKEN}" }
    retry: { attempts: 1 }
    streams:
      contacts: { path: /contacts, records: items, primary_key: id, incremental: { cursor_field: at, param: since, lookback: 0s } }
      notes: { path: /notes, records: items, primary_key: id, params: { token: "\${CRM_TOKEN}" } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  contacts: { from: crm.contacts, to: db.contacts }
  notes: { from: crm.notes, to: db.notes }
`;

/** So many that the first page alone tells what the columns are. */
const size = 1000;
const day = (id: number) => `2026-01-0${Math.ceil(id / size)}T00:00:00Z`;
const all = rowsOf(3 * size).map(({ id }) => ({ id, at: day(id) }));

/** Three pages of contacts, from a day on; notes that refuse, and tell all they were asked with. */
function crm(broken: () => boolean) {
  return ({ path, query, headers }: Asked): Reply => {
    if (headers['x-token'] === undefined) return { status: 401 };
    if (path === '/notes')
      return { status: 400, body: { error: { headers, query: Object.fromEntries(query) } } };
    const wanted = all.filter(({ at }) => at >= (query.get('since') ?? ''));
    const from = Number(query.get('cursor') ?? 0);
    if (from === 2 * size && broken()) return { status: 400, body: { error: 'out of order' } };
    const next_cursor = from + size < wanted.length ? from + size : null;
    return { body: { items: wanted.slice(from, from + size), next_cursor } };
  };
}

async function run(folder: string, api: Api, ...args: string[]) {
  // Of the header only plain characters are allowed; a parameter takes any.
  const environment = {
    CRM_URL: api.url,
    CRM_TOKEN: Buffer.from(canary)
      .toString('latin1')
      .replace(/[^ -~]/g, 'x'),
  };
  return syncline(folder, ['run', '--json', ...args], environment);
}

const contacts = (folder: string) =>
  query(join(folder, 'sync.db'), 'SELECT id FROM contacts ORDER BY id').flat();
const ids = all.map(({ id }) => id);

test('a run reads all pages, and the next one only what is new', async () => {
  const api = await startApi(crm(() => false));
  const folder = await folderWith({ 'sync.config.yaml': config });
  const { code, stdout } = await run(folder, api, 'contacts');
  expect(code).toBe(0);
  const { pipelines } = JSON.parse(stdout) as RunResult;
  expect(pipelines.contacts).toMatchObject({ read: 3 * size, inserted: 3 * size });
  expect(contacts(folder)).toEqual(ids);
  await run(folder, api, 'contacts');
  expect(api.asked.map(({ query }) => [query.get('since'), query.get('cursor')])).toEqual([
    [null, null],
    [null, '1000'],
    [null, '2000'],
    [day(3 * size), null],
  ]);
});

test('a run that failed on a page keeps those before, and the next one goes on there', async () => {
  let isBroken = true;
  const api = await startApi(crm(() => isBroken));
  const folder = await folderWith({ 'sync.config.yaml': config });
  const failed = await run(folder, api, 'contacts');
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('out of order')]);
  expect(contacts(folder)).toEqual(ids.slice(0, 2 * size));
  isBroken = false;
  const before = api.asked.length;
  expect((await run(folder, api, 'contacts')).code).toBe(0);
  expect(contacts(folder)).toEqual(ids);
  expect(api.asked.slice(before).map(({ query }) => query.get('cursor'))).toEqual(['2000']);
});

test('a secret of a header or parameter is shown nowhere', async () => {
  const api = await startApi(crm(() => false));
  const folder = await folderWith({ 'sync.config.yaml': config });
  const { code, stdout, stderr } = await run(folder, api);
  expect(code).toBe(1);
  expect(api.asked.some(({ query }) => query.get('token')?.includes('canary'))).toBe(true);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const written = await Promise.all(
    files
      .filter((file) => file.isFile() && file.name !== 'sync.config.yaml')
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  );
  expect(written.length).toBeGreaterThan(2);
  for (const text of [stdout, stderr, ...written]) expect(text).not.toMatch(/canary|Y2FuYXJ5/);
  expect(stderr).toContain('•••');
});
