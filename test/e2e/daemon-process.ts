import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { cli } from './cli.ts';

export interface Sent {
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string };
}

interface Answer {
  readonly headers: Headers;
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
}

interface Environment {
  readonly [name: string]: string;
}

/** A daemon of the built command line, in a folder whose config listens on port 0; killed when the test ends. */
export async function startDaemon(folder: string, environment?: Environment) {
  const daemon = spawnDaemon(folder, environment);
  const api = await daemon.api();
  await daemon.said('with a schedule');
  return { ...daemon, ...api };
}

/** The same, as soon as its process is there: what it does is to be awaited. Or that of another command. */
export function spawnDaemon(folder: string, environment: Environment = {}, command = 'daemon') {
  const child = execa(process.execPath, [cli, command, '--ui', 'json'], {
    cwd: folder,
    env: { LANG: 'C.UTF-8', ...environment },
    reject: false,
    stdin: 'ignore',
    // How long it takes to stop is its own affair.
    forceKillAfterDelay: false,
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await child;
  });
  const events: RunEvent[] = [];
  const other: string[] = [];
  const listening = new Set<() => void>();
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) events.push(JSON.parse(line) as RunEvent);
      else other.push(line);
    }
    for (const hear of listening) hear();
    listening.clear();
  });
  const ended = child.then(({ exitCode, signal }) => ({ exitCode, signal }));
  /** Resolves with the n-th event that fits; rejects when the process ends before. */
  async function event(fits: (event: RunEvent) => boolean, number = 1): Promise<RunEvent> {
    for (;;) {
      const found = events.filter(fits)[number - 1];
      if (found !== undefined) return found;
      const more = new Promise<'more'>((resolve) => {
        listening.add(() => resolve('more'));
      });
      const next = await Promise.race([more, ended]);
      if (next !== 'more' && events.filter(fits).length < number)
        throw new Error(`the daemon ended: ${JSON.stringify({ ...next, events, other }, null, 1)}`);
    }
  }
  const said = (text: string, number?: number) =>
    event((event) => event.type === 'notice' && event.message.includes(text), number);
  async function api() {
    const listens = await said('the API listens on');
    const [url = ''] = (listens.type === 'notice' && /http:\S+(?=,)/.exec(listens.message)) || [];
    const token = (await readFile(join(folder, '.syncline', 'daemon.token'), 'utf8')).trim();
    return asking(url, token);
  }
  return { child, ended, events, other, event, said, api };
}

function asking(url: string, token: string) {
  const fetched = (path: string, method = 'GET', { body, headers }: Sent = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  async function ask(path: string, method?: string, sent?: Sent): Promise<Answer> {
    const response = await fetched(path, method, sent);
    const { status, headers } = response;
    return { status, headers, body: (await response.json()) as Answer['body'] };
  }
  const run = (name: string) => ask(`/api/v1/pipelines/${name}/run`, 'POST');
  return { url, token, fetched, ask, run };
}

export type DaemonProcess = Awaited<ReturnType<typeof startDaemon>>;
