import { isAbsolute, join } from 'node:path';
import { parseDuration } from '../model/duration.ts';
import { type AuthOptions, openAuth } from './auth.ts';
import { type Client, createClient } from './client.ts';
import type { ClientOptions } from './options.ts';
import type { LoginContext } from './token-request.ts';

/** Options by the schema {@link clientProperties}, as they are written in a config. */
export interface ClientConfig {
  readonly base_url: string;
  readonly headers?: { readonly [name: string]: string };
  readonly auth?: { readonly type: string };
  readonly rate_limit?: {
    readonly requests?: number;
    readonly per?: string;
    readonly concurrency?: number;
    readonly key?: string;
  };
  readonly retry?: {
    readonly attempts?: number;
    readonly initial?: string;
    readonly max?: string;
    readonly max_wait?: string;
  };
  readonly timeout?: { readonly connect?: string; readonly idle?: string; readonly total?: string };
  readonly allow_hosts?: readonly string[];
  readonly ca?: string;
}

/** What a client needs of the context of a plugin. */
export type OpenContext = Omit<LoginContext, 'client'>;

/** A client as a config describes it, whose options were checked by their schema. */
export function openClient(config: ClientConfig, context: OpenContext): Client {
  const { base_url, headers, auth = { type: 'none' }, rate_limit, allow_hosts } = config;
  const transport = transportOf(config, context.directory);
  // The schema asks for what each type needs.
  const opened = openAuth(auth as AuthOptions, { ...context, client: transport });
  const limit = rate_limit && { ...rate_limit, per: milliseconds(rate_limit.per) };
  const options = { base_url, headers, auth: opened, rate_limit: limit, allow_hosts, ...transport };
  const client = createClient(options, context);
  return {
    request: (request) => client.request(request),
    async close() {
      await opened.close?.();
      await client.close();
    },
  };
}

/** How servers are reached, whatever they are asked. */
export function transportOf(
  { retry, timeout, ca }: Pick<ClientConfig, 'retry' | 'timeout' | 'ca'>,
  directory: string,
): Pick<ClientOptions, 'retry' | 'timeout' | 'ca'> {
  return {
    retry: retry && {
      ...given({ attempts: retry.attempts }),
      ...times({ initial: retry.initial, max: retry.max, max_wait: retry.max_wait }),
    },
    timeout: timeout && times(timeout),
    ca: ca === undefined || isAbsolute(ca) ? ca : join(directory, ca),
  };
}

type Times<Texts> = { readonly [Name in keyof Texts]?: number };

function times<Texts extends { readonly [name: string]: string | undefined }>(texts: Texts): Times<Texts> {
  const entries = Object.entries(texts).map(([name, text]) => [name, milliseconds(text)] as const);
  return given(Object.fromEntries(entries)) as Times<Texts>;
}

/** What is left out leaves its default alone. */
function given<Options extends object>(options: Options): Partial<Options> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Options>;
}

function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
