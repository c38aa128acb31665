/** A server of tokens whose refresh tokens are good for one use, and an API of pages that wants the latest access token. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface LoginServer {
  readonly url: string;
  /** What tokens were asked for with, in order. */
  readonly asked: readonly URLSearchParams[];
  /** How often each page was given. */
  readonly given: ReadonlyMap<number, number>;
  /** The tokens that are good now. */
  readonly tokens: { access: string; refresh: string };
  /** The first item of this page has no id, and tells with which credentials it was asked for. */
  readonly echo: { page?: number };
  /** The access token is good no more. */
  expire(): void;
  /** In the place of the next answer to a request for tokens, once. */
  disturb(answer: (response: ServerResponse, tokens: object) => void): void;
  /** Called before each page; what it returns is waited for. */
  beforePage(act: (page: number) => void | Promise<void>): void;
}

export const pages = 5;
export const rowsOfPage = 10;

/** Every token has the name in it, so that it can be looked for. */
export async function startLoginServer(name = 'canary', lifetime = 3600): Promise<LoginServer> {
  const asked: URLSearchParams[] = [];
  const given = new Map<number, number>();
  const tokens = { access: '', refresh: `${name}-refresh-0` };
  const echo: LoginServer['echo'] = {};
  let number = 0;
  let disturbance: ((response: ServerResponse, tokens: object) => void) | undefined;
  let before: (page: number) => void | Promise<void> = () => undefined;

  const giveTokens = async (request: IncomingMessage, response: ServerResponse) => {
    const body = new URLSearchParams(await text(request));
    asked.push(body);
    const isFirst = body.get('grant_type') !== 'refresh_token';
    if (!isFirst && body.get('refresh_token') !== tokens.refresh) return refuse(response, body);
    number += 1;
    tokens.access = `${name}-access-${number}`;
    tokens.refresh = `${name}-refresh-${number}`;
    const { access: access_token, refresh: refresh_token } = tokens;
    const answer = { access_token, refresh_token, token_type: 'Bearer', expires_in: lifetime };
    const act = disturbance ?? ((response, answer) => json(response, 200, answer));
    disturbance = undefined;
    act(response, answer);
  };
  const givePage = async (url: URL, request: IncomingMessage, response: ServerResponse) => {
    const page = Number(url.searchParams.get('page') ?? 1);
    await before(page);
    const { authorization = '' } = request.headers;
    if (tokens.access === '' || authorization !== `Bearer ${tokens.access}`)
      return json(response, 401, { error: `no such token: ${authorization}` });
    given.set(page, (given.get(page) ?? 0) + 1);
    const items = Array.from({ length: rowsOfPage }, (_, index) => ({ id: (page - 1) * rowsOfPage + index }));
    if (echo.page === page) Object.assign(items[0] ?? {}, { id: null, note: authorization });
    json(response, 200, { items, next: page < pages ? page + 1 : null });
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    void (url.pathname === '/token' ? giveTokens(request, response) : givePage(url, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    given,
    tokens,
    echo,
    expire: () => {
      tokens.access = '';
    },
    disturb: (answer) => {
      disturbance = answer;
    },
    beforePage: (act) => {
      before = act;
    },
  };
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** As careless servers do it: with what was sent in the message. */
function refuse(response: ServerResponse, body: URLSearchParams): void {
  const description = `${body.get('refresh_token')} was used before`;
  json(response, 400, { error: 'invalid_grant', error_description: description });
}

/** A source of such an API, as a user writes it. */
export const apiSource = `import { defineSource } from 'syncline';
import { clientProperties, openClient } from 'syncline/http';

export const source = defineSource({
  name: 'api',
  summary: 'Reads the pages of an API.',
  options: { type: 'object', additionalProperties: false, required: ['base_url'], properties: clientProperties },
  streamOptions: {
    type: 'object',
    required: ['path'],
    properties: { path: { type: 'string', description: 'The path.', examples: ['/items'] } },
  },
  shortForm: 'path',
  async open(options, context) {
    const client = openClient(options, context);
    return {
      async *read({ options: { path } }) {
        for (let page = 1; page !== null; ) {
          const response = await client.request({ url: path, params: { page }, expect: 'json' });
          const { items, next } = response.json();
          yield { records: items, bytes: 100, detail: 'page ' + page };
          page = next;
        }
      },
      close: () => client.close(),
    };
  },
});
`;

/** A config that reads the API into a database with this \`auth\`. */
export function apiConfig(url: string, auth: object): string {
  return JSON.stringify({
    version: 1,
    sources: { api: { type: './api.ts', base_url: url, auth, streams: { items: '/items' } } },
    sinks: { db: { type: 'libsql', url: 'file:out.db' } },
    pipelines: { items: { from: 'api.items', to: 'db.items', primary_key: 'id', batch_size: rowsOfPage } },
  });
}
