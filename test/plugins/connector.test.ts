import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, query, syncline } from '../e2e/cli.ts';
import { startApi } from './http/support.ts';

const connector = `
name: crm
summary: Reads the CRM.
required: [token]
options:
  token: { type: string, x-secret: true, description: Its token. }
  base_url: { type: string, description: Where it is. }
  state: { type: string, description: Only these. }
  limit: { type: integer, default: 2, description: Records on a page. }
  team: { type: string, default: a/b, description: Whose contacts. }
http:
  base_url: "{options.base_url}"
  auth: { type: bearer, token: "{options.token}" }
  pagination: { type: cursor, path: next, param: cursor, limit: "{options.limit}", limit_param: size }
  streams:
    contacts:
      path: "/teams/{options.team}/contacts"
      params: { state: "{options.state}", tag: "t-{options.limit}" }
      records: items
      primary_key: id
    notes: { path: "/contacts/{contacts.id}/notes", records: items, primary_key: id }
`;

const config = (url: string, more = '') => `
version: 1
sources:
  crm: { type: ./crm.connector.yaml, token: "\${TOKEN}", base_url: "${url}"${more} }
sinks: { db: { type: libsql, url: file:crm.db } }
pipelines:
  contacts: { from: crm.contacts, to: db.contacts }
  notes: { from: crm.notes, to: db.notes }
`;

const secret = 'a-token-for-this-test';
const environment = { TOKEN: secret };

/** Three contacts on two pages, with a note each. */
function startCrm() {
  return startApi(({ path, query: asked, headers }) => {
    if (headers.authorization !== `Bearer ${secret}`) return { status: 401 };
    const [, id] = /^\/contacts\/(\d)\/notes$/.exec(path) ?? [];
    if (id !== undefined) return { body: { items: [{ id: `n${id}`, text: id }] } };
    if (path !== '/teams/a%2Fb/contacts') return { status: 404 };
    return asked.get('cursor') === 'two'
      ? { body: { items: [{ id: 3 }] } }
      : { body: { items: [{ id: 1 }, { id: 2 }], next: 'two' } };
  });
}

test('makes a YAML file a type of source, with its streams', async () => {
  const api = await startCrm();
  const folder = await folderWith({ 'crm.connector.yaml': connector, 'sync.config.yaml': config(api.url) });
  expect(await syncline(folder, ['run', '--quiet'], environment)).toMatchObject({ code: 0 });
  const file = join(folder, 'crm.db');
  expect(query(file, 'SELECT id FROM contacts ORDER BY id')).toEqual([[1], [2], [3]]);
  expect(query(file, 'SELECT id, text FROM notes ORDER BY id')).toEqual([
    ['n1', '1'],
    ['n2', '2'],
    ['n3', '3'],
  ]);
  const [first] = api.asked;
  // What is left out is not sent, a number stays one, and what stands in a path is encoded.
  expect([...(first?.query ?? [])]).toEqual([
    ['tag', 't-2'],
    ['size', '2'],
  ]);
});

test('lets the config lay its own over the streams, key by key, and add some', async () => {
  const api = await startCrm();
  const more = `, state: open, streams: { contacts: { params: { tag: mine } }, all: { path: /teams/a%2Fb/contacts, records: items } }`;
  const text = `${config(api.url, more)}  all: { from: crm.all, to: db.all, mode: append }\n`;
  const folder = await folderWith({ 'crm.connector.yaml': connector, 'sync.config.yaml': text });
  const { code, stdout } = await syncline(folder, ['run', 'contacts', 'all', '--json'], environment);
  expect({ code, ...JSON.parse(stdout).pipelines }).toMatchObject({
    code: 0,
    contacts: { inserted: 3 },
    all: { inserted: 3 },
  });
  expect(
    api.asked.some(({ query: asked }) => asked.get('tag') === 'mine' && asked.get('state') === 'open'),
  ).toBe(true);
});

test('is shown as what it comes to, without its secrets', async () => {
  const folder = await folderWith({
    'crm.connector.yaml': connector,
    'sync.config.yaml': config('http://127.0.0.1:1'),
  });
  const { code, stdout } = await syncline(folder, ['config', 'show'], environment);
  expect(code).toBe(0);
  expect(stdout).toContain('type: http');
  expect(stdout).not.toContain(secret);
});

test.each<[string, string, string]>([
  ['an option it does not have', config('http://127.0.0.1:1', ', staet: open'), 'there is no key "staet"'],
  [
    'an option that is missing',
    config('http://127.0.0.1:1').replace('token: "${TOKEN}", ', ''),
    '"token" is missing',
  ],
  [
    'an option that its body cannot take',
    config('http://127.0.0.1:1', ', limit: 0'),
    'the connector crm makes of it, at `pagination.limit`: 0 is too small: the least is 1',
  ],
  [
    'a stream it does not have',
    config('http://127.0.0.1:1').replace('crm.notes', 'crm.note'),
    'did you mean "crm.notes"?',
  ],
])('refuses %s', async (_, text, message) => {
  const folder = await folderWith({ 'crm.connector.yaml': connector, 'sync.config.yaml': text });
  const { code, stderr } = await syncline(folder, ['validate'], environment);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test.each<[string, string, string]>([
  ['is not YAML', 'name: "crm\nsummary: x\n', 'is not YAML'],
  [
    'asks for an option it does not declare',
    connector.replace('{options.state}', '{options.stat}'),
    '"stat"',
  ],
  ['has no streams', connector.replace(/ {2}streams:.*/s, ''), 'no `streams`'],
  ['has a key that no connector has', `${connector}\nhttps: {}\n`, '`https`'],
  ['is a list', '[1]', 'is not a map'],
])('a file that %s is refused', async (_, text, message) => {
  const folder = await folderWith({
    'crm.connector.yaml': text,
    'sync.config.yaml': config('http://127.0.0.1:1'),
  });
  const { code, stderr } = await syncline(folder, ['validate'], environment);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('`plugins new` writes a source and a connector to begin with, and overwrites nothing', async () => {
  const folder = await folderWith({});
  expect(await syncline(folder, ['plugins', 'new', 'mine'])).toMatchObject({ code: 0 });
  expect(await syncline(folder, ['plugins', 'new', 'crm', '--yaml'])).toMatchObject({ code: 0 });
  const file = join(folder, 'sync.config.yaml');
  await copyFile(join(folder, 'mine.ts'), join(folder, 'copy.ts'));
  await writeFile(
    file,
    `version: 1
sources:
  mine: { type: ./mine.ts, greeting: hello, streams: { people: 3 } }
  crm: { type: ./crm.connector.yaml, token: "\${TOKEN}" }
sinks: { db: { type: libsql, url: file:x.db } }
pipelines:
  people: { from: mine.people, to: db.people, primary_key: id }
  notes: { from: crm.notes, to: db.notes }
`,
  );
  expect(await syncline(folder, ['run', 'people', '--quiet'], environment)).toMatchObject({ code: 0 });
  expect(query(join(folder, 'x.db'), 'SELECT id, says FROM people')).toEqual([
    [1, 'hello'],
    [2, 'hello'],
    [3, 'hello'],
  ]);
  expect(await syncline(folder, ['plugins', 'new', 'mine'])).toMatchObject({ code: 2 });
  expect(await readFile(join(folder, 'mine.ts'), 'utf8')).toBe(
    await readFile(join(folder, 'copy.ts'), 'utf8'),
  );
  expect(await syncline(folder, ['plugins', 'new', '../x'])).toMatchObject({ code: 2 });
});
