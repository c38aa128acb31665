import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/http/clock.ts';
import {
  type Client,
  type ClientContext,
  type ClientOptions,
  createClient,
  type Tried,
  type Wait,
} from '../../src/http/index.ts';
import type { ChaosRow } from '../kit/chaos-server.ts';

const tls = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));

/** The certificate of a server at 127.0.0.1 or localhost; the key is in no other use. */
export const certificate = {
  cert: readFileSync(`${tls}server.pem`),
  key: readFileSync(`${tls}server-key.pem`),
};
/** The file of the authority that signed it. */
export const authority = `${tls}authority.pem`;

/** A clock that is where somebody sleeps for as soon as they sleep. */
export function fakeClock(from = Date.parse('2026-01-02T03:04:05Z')): Clock & { readonly slept: number[] } {
  let now = from;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    elapsed: () => now - from,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      const until = now + ms;
      await Promise.resolve();
      now = Math.max(now, until);
    },
  };
}

export interface Trying {
  readonly client: Client;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly waits: Wait[];
  readonly tries: Tried[];
  readonly stop: AbortController;
}

let keys = 0;

/** A client with a budget of its own, on a clock that does not wait; closed when the test ends. */
export function clientOf(options: ClientOptions, context: Partial<ClientContext> = {}): Trying {
  const clock = fakeClock();
  const stop = new AbortController();
  const waits: Wait[] = [];
  const tries: Tried[] = [];
  keys += 1;
  const client = createClient(
    { ...options, rate_limit: { key: `test ${keys}`, ...options.rate_limit } },
    {
      signal: stop.signal,
      clock,
      random: () => 0.5,
      onWait: (wait) => waits.push(wait),
      onTry: (tried) => tries.push(tried),
      ...context,
    },
  );
  onTestFinished(() => client.close());
  return { client, clock, waits, tries, stop };
}

/** Reads all pages, and gives the rows. */
export async function readPages(client: Client): Promise<ChaosRow[]> {
  const rows: ChaosRow[] = [];
  let cursor: string | undefined;
  do {
    const response = await client.request({ url: '/items', params: { cursor }, expect: 'json' });
    const page = response.json() as unknown as { items: ChaosRow[]; next?: string | null };
    rows.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}
