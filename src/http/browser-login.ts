import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from 'oauth4webapi';
import { SyncError } from '../model/errors.ts';
import { DeadlinePassed, orAborted, withDeadline } from './abort.ts';
import { askAsClient, type BrowserOptions, loginOf, scopeOf } from './oauth2.ts';
import { keepIssued, tokenName } from './token-auth.ts';
import type { Issued, LoginContext, TokenStore } from './token-request.ts';

export interface BrowserContext extends LoginContext {
  readonly store: TokenStore;
  /** Shows a person the address to open in a browser. */
  show(url: string): void;
  /** How long the person may take, in milliseconds. */
  readonly patience: number;
}

/** Who logs in, and where the browser is to come back to. */
interface Visit {
  readonly redirect_uri: string;
  readonly state: string;
  readonly verifier: string;
}

/**
 * Lets a person log in with a browser of this machine, and keeps the tokens. Tells whether a token can be renewed
 * without the person. Throws `http/login` where nobody logged in.
 */
export async function logInWithBrowser(
  options: BrowserOptions,
  context: BrowserContext,
): Promise<{ readonly renewable: boolean }> {
  const server = createServer();
  const { signal, patience } = context;
  try {
    const redirect_uri = await listen(server, options.redirect_port);
    const visit = { redirect_uri, state: generateRandomState(), verifier: generateRandomCodeVerifier() };
    context.show(await pageOf(options, visit));
    const issued = await withDeadline(patience, signal, (signal) =>
      orAborted(comeBack(server, options, visit, context), signal),
    );
    return { renewable: issued.refresh_token !== undefined };
  } catch (error) {
    if (error instanceof DeadlinePassed) throw tooLate(patience);
    throw error;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function listen(server: Server, port = 0): Promise<string> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new SyncError('http/login', `the browser cannot come back to port ${port}: ${code}`, {
      hint: 'Another program may have the port: end it, or choose another `auth.redirect_port`.',
    });
  }
  const { port: given } = server.address() as AddressInfo;
  return `http://127.0.0.1:${given}/callback`;
}

async function pageOf(options: BrowserOptions, { redirect_uri, state, verifier }: Visit): Promise<string> {
  const url = new URL(options.authorize_url);
  const params = {
    ...options.params,
    ...scopeOf(options),
    response_type: 'code',
    client_id: options.client_id,
    redirect_uri,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/** Waits for the browser, and exchanges the code it brings; the person is told in the browser how it went. */
function comeBack(
  server: Server,
  options: BrowserOptions,
  visit: Visit,
  context: BrowserContext,
): Promise<Issued> {
  return new Promise((resolve, reject) => {
    server.on('request', (request, response) => {
      const brought = broughtBy(request, visit);
      if (brought === undefined) return answer(response, 404, 'There is nothing here.');
      exchange(brought, options, visit, context).then(
        (issued) => {
          answer(response, 200, 'You are logged in. This window can be closed.');
          resolve(issued);
        },
        (error: unknown) => {
          answer(response, 400, 'The login failed. The terminal tells why.');
          reject(error);
        },
      );
    });
  });
}

/** Undefined for what is not the visit we wait for: only who was sent there by us knows its `state`. */
function broughtBy(request: IncomingMessage, { redirect_uri, state }: Visit): URLSearchParams | undefined {
  const url = new URL(request.url ?? '/', redirect_uri);
  const isVisit = request.method === 'GET' && url.href.startsWith(`${redirect_uri}?`);
  return isVisit && url.searchParams.get('state') === state ? url.searchParams : undefined;
}

async function exchange(
  brought: URLSearchParams,
  options: BrowserOptions,
  { redirect_uri, state, verifier }: Visit,
  context: BrowserContext,
): Promise<Issued> {
  const code = codeIn(brought, options, state);
  const params = { code, redirect_uri, code_verifier: verifier };
  const request = { grant: options.grant, params, secrets: [code, verifier], repeatable: false };
  return context.store.alone(tokenName, async () => {
    const issued = await askAsClient(options, request, context);
    await keepIssued(issued, loginOf(options), context);
    return issued;
  });
}

function codeIn(
  brought: URLSearchParams,
  { authorize_url, client_id }: BrowserOptions,
  state: string,
): string {
  // Whose name it tells is not in the config.
  brought.delete('iss');
  try {
    const server = { issuer: new URL(authorize_url).origin };
    const code = validateAuthResponse(server, { client_id }, brought, state).get('code');
    if (code !== null) return code;
  } catch (error) {
    if (!(error instanceof AuthorizationResponseError)) throw error;
    const said = [error.error, error.error_description ?? []].flat().join(': ');
    throw new SyncError('http/login', `the login was refused: ${said.replace(/[.\s]+$/, '')}`, {
      hint: 'Try again; `auth.scopes` says what is asked for.',
    });
  }
  throw new SyncError('http/login', 'the browser came back without a code', {
    hint: 'Check that `auth.authorize_url` is the page where people log in.',
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${text}\n`);
}

function tooLate(patience: number): SyncError {
  return new SyncError('http/login', `nobody logged in within ${Math.round(patience / 60_000)} minutes`, {
    hint: 'Run it again, and open the address in a browser on this machine.',
  });
}
