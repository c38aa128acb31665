import type { Auth } from './auth.ts';
import type { RateLimit, Wait } from './budget.ts';
import type { Clock } from './clock.ts';

/** All times in milliseconds. */
export interface ClientOptions {
  /** An http or https URL. Its origin is the only place credentials go to. */
  readonly base_url: string;
  /** Sent with every request. */
  readonly headers?: { readonly [name: string]: string };
  readonly auth?: Auth;
  /** Default: no limit, and the origin as the key. */
  readonly rate_limit?: RateLimit;
  readonly retry?: Partial<Retry>;
  readonly timeout?: Partial<Timeouts>;
  /** Other hosts that absolute URLs may lead to, with the port where it is not the usual one. They get no credentials. */
  readonly allow_hosts?: readonly string[];
  /** A file with certificates to trust besides those that Node knows; an absolute path. */
  readonly ca?: string;
  /** The most bytes a body may have, packed and unpacked. Default: 64 MB. */
  readonly max_body?: number;
}

export interface Retry {
  /** Tries in all. Default: 5. */
  readonly attempts: number;
  /** The wait after the first try; it doubles with each. Default: 500 ms. */
  readonly initial: number;
  /** The longest of these waits. Default: 60 s. */
  readonly max: number;
  /** The longest wait that a server may ask for, or our own budget: past it the request fails as rate limited. Default: 15 min. */
  readonly max_wait: number;
}

export interface Timeouts {
  /** Until a connection stands. Default: 10 s. */
  readonly connect: number;
  /** Until the server says something more. Default: 30 s. */
  readonly idle: number;
  /** For one try, from the first byte sent to the last one received. Default: 5 min. */
  readonly total: number;
}

/** What the client needs of the world. */
export interface ClientContext {
  readonly signal: AbortSignal;
  /** Texts that no message may show, besides the credentials. */
  readonly secrets?: readonly string[];
  /** Told of credentials before they are sent: nobody else may show them either. */
  hide?(secrets: readonly string[]): void;
  /** Told before each wait. */
  onWait?(wait: Wait): void;
  /** Told after each try. */
  onTry?(tried: Tried): void;
  /** For tests; default: the machine's. */
  readonly clock?: Clock;
  /** For tests; default: `Math.random`. */
  random?(): number;
}

/** One try of a request, for people and for counting. It holds no secrets. */
export interface Tried {
  readonly method: string;
  /** Without its query. */
  readonly url: string;
  /** Of one request, from 1; one more after a refresh counts too. */
  readonly attempt: number;
  /** Undefined where no answer came. */
  readonly status?: number;
  readonly ms: number;
}

export const retryDefaults: Retry = { attempts: 5, initial: 500, max: 60_000, max_wait: 900_000 };
export const timeoutDefaults: Timeouts = { connect: 10_000, idle: 30_000, total: 300_000 };
export const maxBodyDefault = 64 * 1024 * 1024;
