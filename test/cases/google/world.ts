/** `examples/google-contacts` in a folder of its own, and what its tests ask of it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { folderWith, query, root, syncline } from '../../e2e/cli.ts';
import type { Google } from './fake.ts';
import { googleClient, googleRefreshToken } from './tokens.ts';

export const config = readFileSync(join(root, 'examples/google-contacts/sync.config.yaml'), 'utf8');
export const route = 'GET /v1/people/me/connections';
export const all = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** The example in a folder of its own. */
export async function started(google: Google, text = config, more: { readonly [name: string]: string } = {}) {
  const environment = Object.entries({
    GOOGLE_PEOPLE_URL: `${google.url}/v1`,
    GOOGLE_TOKEN_URL: google.tokenUrl,
    GOOGLE_CLIENT_ID: googleClient.client_id,
    GOOGLE_CLIENT_SECRET: googleClient.client_secret,
    GOOGLE_REFRESH_TOKEN: googleRefreshToken,
    SYNCLINE_LISTEN: '127.0.0.1:0',
    ...more,
  });
  const lines = environment.map(([name, value]) => `${name}="${value}"\n`);
  return folderWith({ 'sync.config.yaml': text, '.env': lines.join('') });
}

export async function run(folder: string, ...args: string[]): Promise<RunResult> {
  const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args]);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as RunResult;
}

export async function json<Shape>(folder: string, ...args: string[]): Promise<Shape> {
  return JSON.parse((await syncline(folder, [...args, '--json'])).stdout) as Shape;
}

export async function statesOf(folder: string): Promise<object> {
  const told = await json<{ pipeline: string; status: string }[]>(folder, 'status');
  return Object.fromEntries(told.map(({ pipeline, status }) => [pipeline, status]));
}

export const rows = (folder: string, sql: string) => query(join(folder, 'contacts.db'), sql);

/** What was asked for since the last time: which page, by which token, and how it was answered. */
export function listener(google: Google) {
  let heard = 0;
  return () => {
    const since = google.asked(route).slice(heard);
    heard += since.length;
    return since.map(({ query: { pageToken, syncToken }, status }) => ({ pageToken, syncToken, status }));
  };
}

/** What waits, until it is told to go on. */
export function gate(): [waiting: Promise<void>, open: () => void] {
  let open = () => {};
  const waiting = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [waiting, open];
}
