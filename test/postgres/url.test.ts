import { createServer } from 'node:net';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { Postgres } from '../../src/sql/postgres.ts';
import { parsePostgresUrl } from '../../src/sql/postgres-url.ts';
import { load } from '../config/load-text.ts';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase } from '../kit/postgres.ts';
import { password, urlOf } from '../kit/postgres-server.ts';

test('a URL is read as libpq reads it', () => {
  expect(
    parsePostgresUrl('postgres://a%40b:p%3Aw@[::1]:7/d%20b?sslmode=disable&options=-csearch_path%3Dx', '/'),
  ).toEqual({
    host: '::1',
    port: 7,
    user: 'a@b',
    password: 'p:w',
    database: 'd b',
    options: '-csearch_path=x',
    ssl: false,
    fallback: false,
  });
  const modes = ['prefer', 'require', 'verify-ca', 'verify-full'].map((mode) =>
    parsePostgresUrl(`postgres://h/d?sslmode=${mode}`, '/'),
  );
  expect(modes.map(({ fallback }) => fallback)).toEqual([true, false, false, false]);
  expect(modes.map(({ ssl }) => ssl && ssl.rejectUnauthorized !== false)).toEqual([false, false, true, true]);
  expect(modes.map(({ ssl }) => ssl && ssl.checkServerIdentity !== undefined)).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

test.each([
  'postgres://h:x/d',
  'mysql://u:secret@h/d',
  'postgres://u:100%@h/d',
  'postgres://h/d?sslmode=off',
  'postgres://h/d?ssl=true',
  'postgres://h/d?sslrootcert=none.pem',
])('is refused, and never shown: %s', (url) => {
  const parse = () => parsePostgresUrl(url, '/');
  expect(parse).toThrow(expect.objectContaining({ code: 'sql/url' }));
  expect(parse).not.toThrow(/secret|100%@/);
});

describe('a database that cannot be used is told of', () => {
  const at = (url: string) => new Postgres({ url, directory: '/' }).reading(async () => 1);
  const server = () => new URL(urlOf(inject('postgres'), 'postgres'));

  test('because no server is there', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as { port: number };
    await new Promise((resolve) => listener.close(resolve));
    await expect(at(`postgres://u@127.0.0.1:${port}/d`)).rejects.toMatchObject({
      code: 'sql/connect',
      message: expect.stringContaining(`the database d at 127.0.0.1:${port} cannot be reached`),
    });
  });

  test.each([
    ['the password is wrong', { password: 'wrong' }, 'refused the login'],
    ['no password is given', { password: '' }, 'refused the login'],
    ['the database is missing', { pathname: '/nowhere' }, 'is not there'],
    ['it offers no encryption', { search: '?sslmode=require' }, 'offers no encryption'],
  ])('because %s', async (_why, change, told) => {
    const url = Object.assign(server(), change);
    await expect(at(url.href)).rejects.toMatchObject({
      code: 'sql/connect',
      message: expect.stringContaining(told),
      hint: expect.any(String),
    });
  });

  test('because the user may not', async () => {
    const url = await freshDatabase();
    const owner = new Postgres({ url, directory: '/' });
    onTestFinished(() => owner.close());
    const limited = new URL(url);
    const role = `limited_${process.pid}`;
    await owner.at('x').transaction((session) => session.run(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`));
    onTestFinished(
      async () => void (await owner.at('x').transaction((session) => session.run(`DROP ROLE ${role}`))),
    );
    Object.assign(limited, { username: role, password: 'p' });
    const folder = await folderWith({
      'rows.jsonl': '{"id":1}\n',
      'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${limited.href}" } }
pipelines: { rows: { from: files.rows, to: db.rows, primary_key: id } }
`,
    });
    const { code, stdout } = await syncline(folder, ['run', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ pipelines: { rows: { error: { code: 'sql/denied' } } } });
  });
});

const config = (url: string) => `version: 1
sources: { pg: { type: postgres, url: "${url}", streams: { rows: rows } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { rows: { from: pg.rows, to: db.copy, primary_key: id } }
`;

test('the password in a URL is a secret, as it is spelled and as it is meant; the rest is not', async () => {
  const { secrets, warnings } = await load(config('postgresql://sync:p%40ss%3Aword@db/crm'));
  expect([...secrets].sort()).toEqual(['p%40ss%3Aword', 'p@ss:word']);
  expect(warnings.map(({ message }) => message).join()).toContain('secret');
  expect((await load(config('postgresql://sync@db/crm'))).warnings).toEqual([]);
});

test('the password is shown nowhere: not by an error, nor in the config, nor in the state', async () => {
  const url = new URL(urlOf(inject('postgres'), 'no_such_database')).href;
  const folder = await folderWith({ 'sync.config.yaml': config('${DATABASE_URL}') });
  const environment = { DATABASE_URL: url };
  const told = await Promise.all([
    syncline(folder, ['run', '--json'], environment),
    syncline(folder, ['validate'], environment),
    syncline(folder, ['config', 'show'], environment),
  ]);
  const text = told.map(({ stdout, stderr }) => stdout + stderr).join();
  expect(told[0]?.code).toBe(1);
  expect(text).toContain('no_such_database');
  for (const secret of [password, encodeURIComponent(password)]) expect(text).not.toContain(secret);
});
