import { RateLimited, SyncError } from '../model/errors.ts';
import type { Secrets } from '../model/secrets.ts';
import { orAborted } from './abort.ts';
import type { Auth, Credentials } from './auth.ts';
import type { Budget, Wait } from './budget.ts';
import { type Clock, timeAfter } from './clock.ts';
import type { Connections } from './connections.ts';
import { exchange, type Sending } from './exchange.ts';
import { headersOf } from './headers.ts';
import { type Login, loginOf } from './login.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { Miss, missOf } from './miss.ts';
import type { ClientContext, ClientOptions, Retry, Timeouts } from './options.ts';
import { follow } from './redirects.ts';
import { toldWait } from './told.ts';
import { addressOf, placeOf, withMissing } from './url.ts';
import { missOfResponse } from './verdict.ts';

/** What all requests of a client share. */
export interface Shared {
  readonly base: URL;
  readonly options: ClientOptions;
  readonly context: ClientContext;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly retry: Retry;
  readonly timeout: Timeouts;
  readonly max_body: number;
  readonly secrets: Secrets;
  random(): number;
  connections(): Promise<Connections>;
}

const noAuth: Auth = { apply: () => ({ secrets: [] }) };
/** The methods that do the same once and twice. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const longestWhat = 300;

/** One request, with all its tries. */
export class Call {
  readonly #request: HttpRequest;
  readonly #shared: Shared;
  readonly #method: string;
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #login: Login;
  #tries = 0;

  constructor(request: HttpRequest, shared: Shared) {
    this.#request = request;
    this.#shared = shared;
    this.#method = (request.method ?? 'GET').toUpperCase();
    this.#url = addressOf(shared.base, request.url, request.params);
    this.#signal = request.signal ?? shared.context.signal;
    this.#login = loginOf(request.auth ?? shared.options.auth ?? noAuth);
  }

  async answer(): Promise<HttpResponse> {
    let isRenewed = false;
    for (let failed = 0; ; ) {
      const login = this.#login.credentials(this.#request);
      const { credentials, renewals } = await orAborted(login, this.#signal);
      this.#shared.secrets.add(credentials.secrets);
      this.#shared.context.hide?.(credentials.secrets);
      const found = await this.#try(credentials);
      if (!(found instanceof Miss)) return found;
      if (found.again === 'renewed' && !isRenewed && (await this.#login.renew(renewals, this.#signal))) {
        isRenewed = true;
      } else {
        failed += 1;
        await this.#pause(found, failed);
      }
    }
  }

  async #try(credentials: Credentials): Promise<HttpResponse | Miss> {
    const { base, clock } = this.#shared;
    this.#tries += 1;
    try {
      const response = await this.#send(credentials);
      return missOfResponse(response, this.#request, base.origin, clock.now()) ?? response;
    } catch (error) {
      this.#signal.throwIfAborted();
      const miss = missOf(error, false);
      if (miss === undefined) throw error;
      return miss;
    }
  }

  async #send(credentials: Credentials): Promise<HttpResponse> {
    const { base, options, budget } = this.#shared;
    const connections = await this.#shared.connections();
    const atHome = this.#url.origin === base.origin;
    const first: Sending = {
      method: this.#method,
      url: atHome ? withMissing(this.#url, credentials.params ?? {}) : this.#url,
      headers: headersOf(this.#request, options.headers ?? {}, credentials),
      body: this.#request.body,
      signal: this.#signal,
    };
    const { allow_hosts = [] } = options;
    const stays = this.#request.redirects === 'refuse';
    const territory = { home: base.origin, allow_hosts, params: credentials.params ?? {}, stays };
    return follow(first, territory, (sending, isForeign) => {
      const announce = (wait: Wait) => {
        // One more: sums of times are not exact.
        if (wait.ms > this.#shared.retry.max_wait + 1) throw this.#tooEarly(wait);
        this.#announce(wait);
      };
      return budget.spend(() => this.#exchange(sending, isForeign, connections), announce, this.#signal);
    });
  }

  async #exchange(sending: Sending, isForeign: boolean, connections: Connections): Promise<HttpResponse> {
    const { clock, timeout, max_body, secrets, context } = this.#shared;
    const began = clock.elapsed();
    const dispatcher = isForeign ? connections.foreign : connections.own;
    let status: number | undefined;
    try {
      const options = { connections, dispatcher, total: timeout.total, limit: max_body };
      const response = await exchange(sending, options);
      status = response.status;
      this.#obey(response);
      return response;
    } finally {
      const url = secrets.redact(placeOf(sending.url));
      const ms = Math.round(clock.elapsed() - began);
      const tried = { method: sending.method, url, attempt: this.#tries, status, ms };
      context.onTry?.(tried);
      this.#request.onTry?.(tried);
    }
  }

  /** Lets nobody of this budget ask before the server said, and a little later, so that not all come at once. */
  #obey({ status, headers }: HttpResponse): void {
    const { budget, clock, random, retry } = this.#shared;
    const told = toldWait(status, headers, clock.now());
    if (told === undefined) return;
    const jitter = status < 400 ? 0 : random() * retry.initial;
    budget.hold(Math.min(told + jitter, Math.max(told, retry.max_wait)));
  }

  /** Waits until it is time for the next try; throws where there is none. */
  async #pause(miss: Miss, failed: number): Promise<void> {
    const { retry, clock, random } = this.#shared;
    const mayRepeat = this.#mayRepeat(miss);
    if (mayRepeat && (miss.told ?? 0) > retry.max_wait) throw this.#limited(miss);
    if (!mayRepeat || failed >= retry.attempts) throw miss.limited ? this.#limited(miss) : this.#error(miss);
    // The budget holds the next try back as long as the server said.
    if (miss.told !== undefined) return;
    const longest = Math.min(retry.max, retry.initial * 2 ** (failed - 1));
    const ms = longest * (0.5 + random() / 2);
    this.#announce({ reason: 'backoff', until: timeAfter(ms, clock), ms });
    await clock.sleep(ms, this.#signal);
  }

  #announce(wait: Wait): void {
    this.#shared.context.onWait?.(wait);
    this.#request.onWait?.(wait);
  }

  #mayRepeat({ again }: Miss): boolean {
    if (again !== 'maybe') return again === 'safely';
    const { idempotency_key } = this.#request;
    return this.#request.repeatable ?? (idempotency_key !== undefined || repeatable.has(this.#method));
  }

  /** Without a cause: what undici throws holds pieces of answers, and with them perhaps secrets. */
  #error(miss: Miss): SyncError {
    const hint = miss.again === 'maybe' && !this.#mayRepeat(miss) ? unknownEnd : miss.hint;
    return new SyncError(miss.code, this.#sentence(miss), { hint });
  }

  #limited(miss: Miss): RateLimited {
    const until = miss.told === undefined ? undefined : timeAfter(miss.told, this.#shared.clock);
    const when = until === undefined ? '' : `; it may be asked again at ${until}`;
    return new RateLimited(`${this.#sentence(miss)}${when}`, until, { hint: patience });
  }

  #tooEarly({ reason, until }: Wait): RateLimited {
    const who = reason === 'told' ? 'the server asked for it' : 'its `rate_limit` is used up';
    return new RateLimited(`${this.#name()} has to wait until ${until}: ${who}`, until, { hint: patience });
  }

  #sentence({ what }: Miss): string {
    const { redact } = this.#shared.secrets;
    const said = redact(what);
    const short = said.length > longestWhat ? `${said.slice(0, longestWhat)}…` : said;
    return `${this.#name()} ${short}${this.#tries > 1 ? ` (${this.#tries} tries)` : ''}`;
  }

  #name(): string {
    return `${this.#method} ${this.#shared.secrets.redact(placeOf(this.#url))}`;
  }
}

const unknownEnd = 'The server may have done it, so it was not asked again: see there.';
const patience = 'Run again then; `retry.max_wait` says how long a run waits by itself.';
