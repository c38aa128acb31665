import type { Auth, Credentials } from './auth.ts';
import { systemClock } from './clock.ts';
import type { Issued, LoginContext, TokenStore } from './token-request.ts';

/** What tokens are given for. */
export interface Grant {
  /** Tells the login that a refresh token goes back to: that of another one is of no use. */
  readonly login: string;
  /** Tells what an access token was asked for. */
  readonly access: string;
  /** Asks the server for a token, with the refresh token of this login that was given last. */
  ask(refreshToken: string | undefined): Promise<Issued>;
}

/** What a server gave, as it is kept between runs. */
interface Kept {
  readonly login: string;
  readonly access: string;
  readonly access_token: string;
  /** Milliseconds since 1970, after which another one is asked for; undefined: once it is refused. */
  readonly renew_at?: number;
  readonly refresh_token?: string;
}

/** The name of the token in its store, and of the right to renew it. */
export const tokenName = 'token';

/**
 * Shows an access token for as long as it is good. It is renewed by one at a time, in all processes together, and what
 * the server gave is kept before it is used: a refresh token may be good for one use only.
 */
export function tokenAuth(grant: Grant, context: LoginContext): Auth {
  const { store = memoryStore(), clock = systemClock } = context;
  let known: Kept | undefined;
  let renewing: Promise<Kept> | undefined;

  const read = async () => {
    const kept = parse(await store.read(tokenName));
    if (kept !== undefined) context.hide?.(secretsOf(kept));
    return kept;
  };
  const isGood = (kept: Kept | undefined): kept is Kept =>
    kept?.access === grant.access && clock.now() < (kept.renew_at ?? Number.POSITIVE_INFINITY);

  const replace = async (refused: string | undefined) => {
    const kept = await read();
    // Somebody else may have renewed it meanwhile.
    if (isGood(kept) && kept.access_token !== refused) return kept;
    const refreshToken = kept?.login === grant.login ? kept.refresh_token : undefined;
    return keepIssued(await grant.ask(refreshToken), grant, { ...context, store }, refreshToken);
  };
  const renew = async () => {
    renewing ??= store
      .alone(tokenName, () => replace(known?.access_token))
      .finally(() => {
        renewing = undefined;
      });
    known = await renewing;
    return known;
  };
  return {
    async apply() {
      known ??= await read();
      return credentialsOf(isGood(known) ? known : await renew());
    },
    async refresh() {
      await renew();
    },
    async close() {
      // Who asked for it knows of its failure.
      await renewing?.catch(() => undefined);
    },
  };
}

/** Keeps what a server gave; when it resolves it is durable, and may be used. */
export async function keepIssued(
  issued: Issued,
  { login, access }: Pick<Grant, 'login' | 'access'>,
  context: LoginContext,
  refreshToken?: string,
): Promise<Kept> {
  const { store, clock = systemClock } = context;
  const { access_token, refresh_token = refreshToken, expires_in } = issued;
  const kept = { login, access, access_token, refresh_token, renew_at: renewAt(expires_in, clock.now()) };
  context.hide?.(secretsOf(kept));
  await store?.write(tokenName, JSON.stringify(kept));
  return kept;
}

/** A little before it expires, so that it is still good when it arrives. */
function renewAt(seconds: number | undefined, now: number): number | undefined {
  if (seconds === undefined) return undefined;
  return now + seconds * 1000 - Math.min(30_000, seconds * 250);
}

function parse(text: string | undefined): Kept | undefined {
  // It is ours: nobody else writes it.
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}

function secretsOf({ access_token, refresh_token }: Kept): string[] {
  return [access_token, refresh_token ?? []].flat();
}

function credentialsOf({ access_token }: Kept): Credentials {
  return { headers: { authorization: `Bearer ${access_token}` }, secrets: [access_token] };
}

/** For what is opened without a place to keep things. */
function memoryStore(): TokenStore {
  const kept = new Map<string, string>();
  return {
    read: async (name) => kept.get(name),
    async write(name, value) {
      if (value === undefined) kept.delete(name);
      else kept.set(name, value);
    },
    alone: (_, act) => act(),
  };
}
