import { type Client, createClient } from '../http/client.ts';
import type { Retry } from '../http/options.ts';

/** Five tries, within about a minute: a receiver takes a signed message for old after five. */
export const patience: Partial<Retry> = { attempts: 5, initial: 2_000, max: 16_000, max_wait: 20_000 };

export interface PostOptions {
  readonly name: string;
  readonly url: string;
  /** Of one try, in milliseconds. */
  readonly timeout: number;
  readonly retry: Partial<Retry>;
  readonly signal: AbortSignal;
  /** Texts that no error may show. */
  readonly secrets: readonly string[];
}

/** Posts JSON to one address, until an answer says that it arrived. */
export interface Post {
  send(body: string, headers: { readonly [name: string]: string }): Promise<void>;
  close(): Promise<void>;
}

/** Connects nowhere before the first message. */
export function openPost({ name, url, timeout, retry, signal, secrets }: PostOptions): Post {
  let opened: Client | undefined;
  const client = () =>
    (opened ??= createClient(
      {
        base_url: url,
        retry,
        timeout: { connect: timeout, idle: timeout, total: timeout },
        // A budget of its own: sources that ask the same server must not wait for it.
        rate_limit: { key: `notification ${name}` },
        max_body: 1024 * 1024,
      },
      { signal, secrets },
    ));
  return {
    async send(body, headers) {
      const all = { 'content-type': 'application/json', ...headers };
      const request = {
        method: 'POST',
        url,
        body,
        headers: all,
        repeatable: true,
        redirects: 'refuse',
      } as const;
      await client().request(request);
    },
    async close() {
      await opened?.close();
    },
  };
}
