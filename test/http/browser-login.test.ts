import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { logInWithBrowser } from '../../src/http/browser-login.ts';
import { startLoginServer } from '../kit/login-server.ts';

/** A login that ends when this function has been shown the address. */
async function logIn(visit: (address: URL) => unknown, more: object = {}, patience = 60_000) {
  const server = await startLoginServer();
  const kept = new Map<string, string>();
  const options = {
    type: 'oauth2',
    grant: 'authorization_code',
    authorize_url: `${server.url}/authorize`,
    token_url: `${server.url}/token`,
    client_id: 'app',
    ...more,
  } as const;
  const store = {
    read: async (name: string) => kept.get(name),
    write: async (name: string, value = '') => void kept.set(name, value),
    alone: <Result>(_: string, act: () => Promise<Result>) => act(),
  };
  const show = (url: string) => void visit(new URL(url));
  const signal = new AbortController().signal;
  const login = logInWithBrowser(options, { directory: '/', signal, store, show, patience });
  return { login, server, kept };
}

/** Where the server sends the browser, with these parameters. */
function homeOf(address: URL, params: { readonly [name: string]: string }): URL {
  const home = new URL(address.searchParams.get('redirect_uri') ?? '');
  const state = address.searchParams.get('state') ?? '';
  for (const [name, value] of Object.entries({ state, ...params })) home.searchParams.set(name, value);
  return home;
}

test('a server that names itself is no stranger, and its code is exchanged once', async () => {
  const brought = { code: 'the code', iss: 'https://login.example.com' };
  const { login, server, kept } = await logIn((address) => fetch(homeOf(address, brought)));
  expect(await login).toEqual({ renewable: true });
  expect(server.asked.map((body) => [body.get('grant_type'), body.get('code')])).toEqual([
    ['authorization_code', 'the code'],
  ]);
  expect(JSON.parse(kept.get('token') ?? '')).toMatchObject({ refresh_token: 'canary-refresh-1' });
});

test('a person who does not come is waited for no longer than said', async () => {
  const { login, kept } = await logIn(() => undefined, {}, 1);
  await expect(login).rejects.toMatchObject({
    code: 'http/login',
    message: expect.stringContaining('nobody logged in within'),
  });
  expect(kept.size).toBe(0);
});

test('a browser without a code, or one that somebody else has used, is no login', async () => {
  const bare = await logIn((address) => fetch(homeOf(address, {})));
  await expect(bare.login).rejects.toMatchObject({ message: 'the browser came back without a code' });
  const used = await logIn((address) => fetch(homeOf(address, { code: 'used' })));
  used.server.disturb((response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'invalid_grant', error_description: 'used is used' }));
  });
  await expect(used.login).rejects.toMatchObject({
    code: 'http/login',
    message: expect.stringContaining('gave no token: invalid_grant: ••• is •••'),
  });
  expect(used.server.asked).toHaveLength(1);
});

test('a port that another program has is told', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    other.close();
  });
  await new Promise((resolve) => other.once('listening', resolve));
  const redirect_port = (other.address() as AddressInfo).port;
  const { login } = await logIn(() => undefined, { redirect_port });
  await expect(login).rejects.toMatchObject({
    code: 'http/login',
    message: `the browser cannot come back to port ${redirect_port}: EADDRINUSE`,
  });
});
