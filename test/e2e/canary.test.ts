import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApi } from '../plugins/http/support.ts';
import { folderWith, syncline } from './cli.ts';

const canary = 'Canary+s3cret/of"this&test';
const spellings = [
  canary,
  encodeURIComponent(canary),
  JSON.stringify(canary).slice(1, -1),
  Buffer.from(canary).toString('base64'),
  Buffer.from(`user:${canary}`).toString('base64'),
];

/** Every place of a config that a secret can stand in, as the options of a source. */
const positions: { readonly [name: string]: string } = {
  bearer: 'auth: { type: bearer, token: "${CANARY}" }',
  basic: 'auth: { type: basic, username: user, password: "${CANARY}" }',
  header_key: 'auth: { type: api_key, in: header, name: X-Key, key: "${CANARY}" }',
  query_key: 'auth: { type: api_key, in: query, name: key, key: "${CANARY}" }',
  cookie_key: 'auth: { type: api_key, in: cookie, name: key, key: "${CANARY_COOKIE}" }',
  header: 'headers: { X-Own: "key ${CANARY}" }',
  param: 'auth: { type: none }',
  oauth2:
    'auth: { type: oauth2, grant: refresh_token, token_url: "URL/token", client_id: app, client_secret: "${CANARY}", refresh_token: "${CANARY}" }',
};

/** What can go wrong: by the path that is asked for. */
const failures = ['status', 'echo', 'redirect', 'garbage', 'row'];

function configOf(url: string): string {
  const sources = Object.entries(positions).map(([name, options]) => {
    const params = name === 'param' ? ', params: { key: "${CANARY}" }' : '';
    const streams = failures.map((failure) => `${failure}: { path: /${failure}, records: items${params} }`);
    const own = options.replace('URL', url);
    return `  ${name}: { type: http, base_url: "${url}", ${own}, retry: { attempts: 1 }, pagination: none, streams: { ${streams.join(', ')} } }`;
  });
  const pipelines = Object.keys(positions).flatMap((source) =>
    failures.map(
      (failure) =>
        `  ${source}_${failure}: { from: ${source}.${failure}, to: db.${source}_${failure}, primary_key: id, map: { id: { from: id, type: integer } } }`,
    ),
  );
  const sinks = 'sinks: { db: { type: libsql, url: file:x.db } }';
  return `version: 1\nsources:\n${sources.join('\n')}\n${sinks}\npipelines:\n${pipelines.join('\n')}\n`;
}

test('a secret is nowhere to be read, wherever it stands and whatever goes wrong', async () => {
  const api = await startApi(({ path, query, headers, body }) => {
    const told = [...Object.values(headers), ...query.values(), body].join(' | ');
    switch (path) {
      case '/token':
        return body.includes('app') || headers.authorization !== undefined
          ? { body: { access_token: canary, token_type: 'bearer', expires_in: 3600 } }
          : { status: 400, body: { error: 'invalid_client', error_description: told } };
      case '/status':
        return { status: 500, body: { message: 'out of order' } };
      case '/echo':
        return { status: 400, body: { error: { message: `refused: ${told}` } } };
      case '/redirect':
        return { status: 302, headers: { location: `http://127.0.0.1:1/?k=${encodeURIComponent(canary)}` } };
      case '/garbage':
        return { body: { error: `no items for ${told}` } };
      default:
        return { body: { items: [{ id: 'none', told }, { id: 1 }] } };
    }
  });
  const folder = await folderWith({ 'sync.config.yaml': configOf(api.url) });
  // Tokens that a server gives are kept, and sealed with this key.
  const environment = {
    SYNCLINE_KEY: 'a key of this test alone',
    CANARY: canary,
    CANARY_COOKIE: encodeURIComponent(canary),
  };
  const outputs: string[] = [];
  for (const args of [
    ['run', '--json', '--ui', 'json'],
    ['preview', 'bearer_echo'],
    ['check', '--json'],
    ['status', '--json'],
    ['show', '--json'],
    ['logs', '--errors'],
    ['rejects', 'show', '--json'],
    ['state', 'export'],
    ['config', 'show', '--origin'],
  ]) {
    const { stdout, stderr } = await syncline(folder, args, environment);
    outputs.push(stdout, stderr);
  }
  // All of it took place.
  expect(new Set(api.asked.map(({ path }) => path))).toEqual(
    new Set(['/token', ...failures.map((failure) => `/${failure}`)]),
  );
  expect(outputs.join('')).toContain('refused: ');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
    file.isFile(),
  );
  const texts = await Promise.all(
    files.map(async ({ parentPath, name }) => ({
      name,
      text: await readFile(join(parentPath, name), 'latin1'),
    })),
  );
  const found = spellings.flatMap((spelling) => [
    ...outputs.filter((output) => output.includes(spelling)).map((output) => output.slice(0, 300)),
    ...texts.filter(({ text }) => text.includes(spelling)).map(({ name }) => name),
  ]);
  expect(found).toEqual([]);
});
