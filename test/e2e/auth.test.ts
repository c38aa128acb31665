import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { type MutableResponse, OAuth2Server } from 'oauth2-mock-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  apiConfig,
  apiSource,
  json,
  type LoginServer,
  pages,
  rowsOfPage,
  startLoginServer,
} from '../kit/login-server.ts';
import { cli, folderWith, query, syncline } from './cli.ts';

const rows = pages * rowsOfPage;
const variables = { CLIENT_SECRET: 'canary-client-secret', REFRESH_TOKEN: 'canary-refresh-0' };
const key = { SYNCLINE_KEY: 'canary-key' };

/** A folder whose config reads this server with a refresh token. */
function refreshing({ url }: LoginServer, files: { readonly [name: string]: string } = {}): Promise<string> {
  const auth = {
    type: 'oauth2',
    grant: 'refresh_token',
    token_url: `${url}/token`,
    client_id: 'app',
    client_secret: '${CLIENT_SECRET}',
    refresh_token: '${REFRESH_TOKEN}',
  };
  return folderWith({ 'api.ts': apiSource, 'sync.config.json': apiConfig(url, auth), ...files });
}

const run = (folder: string, ...args: string[]) => syncline(folder, ['run', '--json', ...args], variables);
const count = (folder: string, table = 'items') =>
  query(join(folder, 'out.db'), `SELECT count(*) FROM ${table}`);
const asked = (server: LoginServer) => server.asked.map((body) => body.get('refresh_token'));

/** A command under way, without a terminal. */
function start(folder: string, args: readonly string[], environment: object = {}) {
  const child = execa(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { LANG: 'C.UTF-8', ...variables, ...environment },
    reject: false,
    stdin: 'ignore',
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface(child.stderr);
  /** The first line from now on with this in it. */
  const says = (what: string) =>
    new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        if (line.includes(what)) resolve(line);
      });
    });
  return { child, says };
}

/** All files below a folder, but for those of the state. */
function filesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !/^(api\.ts|sync\.config\.json|state\.db.*)$/.test(file.name))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');
}

function stateOf(folder: string): string {
  const files = readdirSync(join(folder, '.syncline')).filter((name) => name.startsWith('state.db'));
  return files.map((name) => readFileSync(join(folder, '.syncline', name), 'latin1')).join('\n');
}

describe('tokens', () => {
  it('are kept between runs, and renewed in the middle of one: no row is lost or comes twice', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server);
    server.beforePage((page) => {
      if (page === 4 && server.asked.length === 1) server.expire();
    });
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(count(folder)).toEqual([[rows]]);
    expect([...server.given.values()]).toEqual([1, 1, 1, 1, 1]);
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0', 'canary-refresh-1']);
  });

  it('are kept also by what writes nothing else: plan and preview', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server);
    expect(await syncline(folder, ['preview', 'items'], variables)).toMatchObject({ code: 0 });
    server.expire();
    expect(await syncline(folder, ['plan'], variables)).toMatchObject({ code: 0 });
    server.expire();
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0', 'canary-refresh-1', 'canary-refresh-2']);
  });

  it('are renewed by one of two processes, and used by both', async () => {
    const server = await startLoginServer();
    const config = JSON.parse(apiConfig(server.url, {}));
    const folder = await refreshing(server);
    const auth = JSON.parse(readFileSync(join(folder, 'sync.config.json'), 'utf8')).sources.api.auth;
    config.sources.api.auth = auth;
    config.pipelines.others = { ...config.pipelines.items, to: 'db.others' };
    const both = await folderWith({ 'api.ts': apiSource, 'sync.config.json': JSON.stringify(config) });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const isAsked = new Promise<void>((resolve) => {
      server.disturb((response, tokens) => {
        resolve();
        void held.then(() => json(response, 200, tokens));
      });
    });
    const first = start(both, ['run', 'items', '--ui', 'json']);
    await isAsked;
    const second = start(both, ['run', 'others', '--ui', 'json']);
    await second.says('pipeline_started');
    release();
    expect(await first.child).toMatchObject({ exitCode: 0 });
    expect(await second.child).toMatchObject({ exitCode: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0']);
    expect([count(both), count(both, 'others')]).toEqual([[[rows]], [[rows]]]);
  });

  it('survive a process that is killed before it uses them', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server);
    const killed = start(folder, ['run']);
    server.beforePage(() => {
      killed.child.kill('SIGKILL');
    });
    expect(await killed.child).toMatchObject({ signal: 'SIGKILL' });
    server.beforePage(() => undefined);
    server.expire();
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0', 'canary-refresh-1']);
    expect(count(folder)).toEqual([[rows]]);
  });

  it('that are sealed want the key again: without it nothing is asked or lost', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server, { '.env': 'SYNCLINE_KEY=canary-key\n' });
    expect(await run(folder)).toMatchObject({ code: 0 });
    server.expire();
    const wrong = await syncline(folder, ['run', '--json'], { ...variables, SYNCLINE_KEY: 'another' });
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stdout).pipelines.items.error).toMatchObject({ code: 'state/key' });
    expect(server.asked).toHaveLength(1);
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0', 'canary-refresh-1']);
  });

  it('are shown nowhere, whatever goes wrong, and are in the state for who has the key alone', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server);
    const environment = { ...variables, ...key };
    const told: string[] = [];
    const say = async (...args: string[]) => {
      const { code, stdout, stderr } = await syncline(folder, args, environment);
      told.push(stdout, stderr);
      return code;
    };
    // A server that tells in its data and its errors what it was asked with.
    server.echo.page = 2;
    expect(await say('run', '--json', '--allow-rejects')).toBe(0);
    expect(await say('rejects', 'show', '--json')).toBe(0);
    expect(await say('preview', 'items', '--limit', '20', '--json')).toBe(0);
    server.beforePage(() => server.expire());
    expect(await say('run', '--ui', 'plain')).toBe(1);
    server.tokens.refresh = 'another';
    expect(await say('run', '--ui', 'json', '--json')).toBe(1);
    await say('logs', '--json');
    await say('state', 'export');
    await say('show', '--json');
    await say('config', 'show');
    expect(await say('auth', 'api')).toBe(2);
    const all = told.join('\n');
    expect(all).toContain('http/login');
    expect(all).toContain('http/unauthorized');
    expect(all).not.toMatch(/canary-/);
    expect(filesOf(folder)).not.toMatch(/canary-/);
    expect(stateOf(folder)).not.toMatch(/canary-/);
    // It starts many processes, one after the other.
  }, 300_000);
});

/** A server that others wrote, whose tokens open the API. */
async function startMock(api: LoginServer): Promise<string> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(() => server.stop());
  let number = 0;
  server.service.on('beforeResponse', ({ body }: MutableResponse) => {
    number += 1;
    api.tokens.access = `canary-access-${number}`;
    Object.assign(body as object, {
      access_token: api.tokens.access,
      refresh_token: `canary-refresh-${number}`,
    });
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** A folder whose config lets a person log in with a browser. */
async function withBrowser(
  more: object = {},
): Promise<{ readonly folder: string; readonly api: LoginServer }> {
  const api = await startLoginServer();
  const server = await startMock(api);
  const auth = {
    type: 'oauth2',
    grant: 'authorization_code',
    authorize_url: `${server}/authorize?prompt=consent`,
    token_url: `${server}/token`,
    client_id: 'app',
    scopes: ['read', 'offline_access'],
    params: { access_type: 'offline' },
    ...more,
  };
  return {
    folder: await folderWith({ 'api.ts': apiSource, 'sync.config.json': apiConfig(api.url, auth) }),
    api,
  };
}

describe('syncline auth', () => {
  it('lets a person log in with a browser, keeps the tokens, and runs renew them without the person', async () => {
    const { folder, api } = await withBrowser();
    const before = await run(folder);
    expect(JSON.parse(before.stdout).pipelines.items.error).toMatchObject({
      code: 'http/login',
      hint: 'Log in with a browser: syncline auth api',
    });
    const login = start(folder, ['auth', 'api'], key);
    const address = new URL((await login.says('http')).trim());
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      prompt: 'consent',
      access_type: 'offline',
      response_type: 'code',
      client_id: 'app',
      scope: 'read offline_access',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
    });
    const home = address.searchParams.get('redirect_uri') ?? '';
    // What is not the visit it waits for changes nothing.
    for (const stranger of [`${home}?code=x&state=guessed`, `${home}?code=x`, new URL('/favicon.ico', home)])
      expect((await fetch(stranger)).status).toBe(404);
    const visit = await fetch(address);
    expect(await visit.text()).toContain('You are logged in');
    const ended = await login.child;
    expect(ended).toMatchObject({ exitCode: 0, stdout: '' });
    expect(ended.stderr).toContain(
      'source api is logged in; its tokens are kept in the state, sealed with SYNCLINE_KEY',
    );
    expect(ended.stderr).not.toContain('canary-');
    expect(stateOf(folder)).not.toContain('canary-');
    expect(await syncline(folder, ['run'], key)).toMatchObject({ code: 0 });
    api.expire();
    expect(await syncline(folder, ['run'], key)).toMatchObject({ code: 0 });
    expect(count(folder)).toEqual([[rows]]);
  });

  it('fails with 6 where the server says no, and keeps nothing', async () => {
    const { folder } = await withBrowser();
    const login = start(folder, ['auth', 'api']);
    const address = new URL((await login.says('http')).trim());
    const home = new URL(address.searchParams.get('redirect_uri') ?? '');
    home.searchParams.set('state', address.searchParams.get('state') ?? '');
    home.searchParams.set('error', 'access_denied');
    expect((await fetch(home)).status).toBe(400);
    const { exitCode, stderr } = await login.child;
    expect(exitCode).toBe(6);
    expect(stderr).toContain('the login was refused: access_denied  [http/login]');
    expect(stateOf(folder)).not.toContain('access_token');
  });

  it('is given up with Ctrl-C, and leaves nothing', async () => {
    const { folder } = await withBrowser();
    const login = start(folder, ['auth', 'api']);
    await login.says('Waiting');
    login.child.kill('SIGINT');
    expect(await login.child).toMatchObject({ exitCode: 130 });
    expect(stateOf(folder)).not.toContain('access_token');
  });

  it('forgets tokens, also those that nobody can read any more', async () => {
    const server = await startLoginServer();
    const folder = await refreshing(server);
    expect(await syncline(folder, ['run'], { ...variables, ...key })).toMatchObject({ code: 0 });
    expect(await syncline(folder, ['auth', 'api', '--forget'], variables)).toMatchObject({
      code: 0,
      stderr: 'source api: no tokens are kept any more',
    });
    server.tokens.refresh = 'canary-refresh-0';
    expect(await run(folder)).toMatchObject({ code: 0 });
    expect(asked(server)).toEqual(['canary-refresh-0', 'canary-refresh-0']);
  });

  it.each<[string, string[], RegExp]>([
    ['where there is nobody', ['api', '--no-input'], /--no-input says there is none {2}\[usage\/invalid\]/],
    ['for a name that is none', ['apy'], /no source or sink "apy".*\n.*did you mean "api"/],
  ])('is refused %s, with 2', async (_, args, message) => {
    const { folder } = await withBrowser();
    const refused = await syncline(folder, ['auth', ...args]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('is refused for a source that has no such login, with 2', async () => {
    const folder = await refreshing(await startLoginServer());
    const refused = await syncline(folder, ['auth', 'api'], variables);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('source api has no login by browser'),
    });
  });
});
