import {
  allowInsecureRequests,
  type ClientAuth,
  customFetch,
  genericTokenEndpointRequest,
  OperationProcessingError,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  UnsupportedOperationError,
} from 'oauth4webapi';
import { SyncError } from '../model/errors.ts';
import { createSecrets } from '../model/secrets.ts';
import { withGrace } from './abort.ts';
import { createClient } from './client.ts';
import type { HttpResponse } from './message.ts';
import type { ClientContext, ClientOptions } from './options.ts';
import { placeOf } from './url.ts';

/** Where tokens are kept between runs. */
export interface TokenStore {
  read(name: string): Promise<string | undefined>;
  /** Durable when it resolves; undefined removes. */
  write(name: string, value: string | undefined): Promise<void>;
  /** Acts while nobody else does the same, in this process or another. */
  alone<Result>(name: string, act: () => Promise<Result>): Promise<Result>;
}

/** What it takes to get tokens. */
export interface LoginContext extends ClientContext {
  /** What the source or sink is called in the config, for hints. */
  readonly name?: string;
  /** The folder of the config file. */
  readonly directory: string;
  /** Default: tokens are forgotten with the process. */
  readonly store?: TokenStore;
  /** How the server of the tokens is asked. */
  readonly client?: Pick<ClientOptions, 'ca' | 'retry' | 'timeout'>;
}

/** What a server gave. */
export interface Issued {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
}

export interface TokenRequest {
  readonly url: string;
  readonly grant: string;
  readonly params: { readonly [name: string]: string };
  readonly client_id?: string;
  readonly authenticate: ClientAuth;
  /** What of it no message may show. */
  readonly secrets: readonly string[];
  /** Whether it may be sent again when it is not known what became of it. */
  readonly repeatable: boolean;
  /** What to do about a refusal, by the code the server gives for it. */
  hint(error: string): string | undefined;
}

/** A run that is stopped waits so long for a token that is on its way: the one before it may be good no more. */
const grace = 5000;

/** Asks for a token. Throws `http/login` where the server gives none. */
export async function askForToken(request: TokenRequest, context: LoginContext): Promise<Issued> {
  const secrets = createSecrets([...(context.secrets ?? []), ...request.secrets]);
  context.hide?.(request.secrets);
  try {
    const server = { issuer: new URL(request.url).origin, token_endpoint: request.url };
    const client = { client_id: request.client_id ?? 'unnamed' };
    const response = await genericTokenEndpointRequest(
      server,
      client,
      request.authenticate,
      request.grant,
      { ...request.params },
      {
        // Only on this machine: the schema sees to it.
        [allowInsecureRequests]: true,
        [customFetch]: (_, { body, headers }) => send(request, String(body), headers, [...secrets], context),
      },
    );
    return await processGenericTokenEndpointResponse(server, client, response);
  } catch (error) {
    throw refusal(error, request, secrets.redact) ?? error;
  }
}

async function send(
  { url, repeatable }: TokenRequest,
  body: string,
  headers: { readonly [name: string]: string },
  secrets: readonly string[],
  context: LoginContext,
): Promise<Response> {
  const { signal, onWait, clock, random, client: options } = context;
  return withGrace(grace, signal, async (signal) => {
    const rate_limit = { key: `tokens of ${new URL(url).origin}` };
    const client = createClient(
      { ...options, base_url: url, rate_limit },
      { signal, onWait, clock, random, secrets },
    );
    try {
      const judge = (response: HttpResponse) => (isRefusal(response) ? 'accept' : undefined);
      const request = { method: 'POST', url, body, headers, repeatable, judge, expect: 'json' } as const;
      return toResponse(await client.request(request));
    } finally {
      await client.close();
    }
  });
}

/** What is of no use here is left out: who the person is, and where one could ask in another way. */
function toResponse(response: HttpResponse): Response {
  const answer = objectIn(response);
  if (answer === undefined) return new Response(response.text(), { status: response.status });
  const { id_token: _, ...rest } = answer;
  const headers = { 'content-type': 'application/json' };
  return new Response(JSON.stringify({ token_type: 'bearer', ...rest }), {
    status: response.status,
    headers,
  });
}

/** As the standard tells them; anything else is judged by the rules of HTTP. */
function isRefusal(response: HttpResponse): boolean {
  return [400, 401, 403].includes(response.status) && typeof objectIn(response)?.error === 'string';
}

function objectIn(response: HttpResponse): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(response.text());
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function refusal(
  error: unknown,
  { url, hint }: TokenRequest,
  redact: (text: string) => string,
): SyncError | undefined {
  const place = placeOf(new URL(url));
  if (error instanceof ResponseBodyError) {
    const { error: code, error_description: more } = error;
    const said = redact([code, more ?? []].flat().join(': ')).replace(/[.\s]+$/, '');
    return new SyncError('http/login', `${place} gave no token: ${said}`, { hint: hint(code) });
  }
  // Their messages tell what is wrong with an answer, and nothing of what is in it.
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError)
    return new SyncError('http/login', `the answer of ${place} is no token: ${error.message}`, {
      hint: 'Check the URL that tokens are asked for at.',
    });
  return undefined;
}
