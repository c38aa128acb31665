import { createSecrets } from '../model/secrets.ts';
import { type Budget, budgetOf } from './budget.ts';
import { Call } from './call.ts';
import { systemClock } from './clock.ts';
import { openConnections } from './connections.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import {
  type ClientContext,
  type ClientOptions,
  maxBodyDefault,
  retryDefaults,
  timeoutDefaults,
} from './options.ts';
import { baseUrl } from './url.ts';

export interface Client {
  /**
   * Asks until an answer is here that is good and whole, or it is clear that none will come; then it throws a
   * `SyncError` of a code `http/…`, or a `RateLimited` where the server asks for more patience than `max_wait`.
   * Rejects with the signal's reason as soon as that is aborted, whatever it waits for.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Drops the connections; requests under way fail. */
  close(): Promise<void>;
}

/** A client of one API. Connects nowhere before the first request. Throws a `SyncError` for a URL that is none. */
export function createClient(options: ClientOptions, context: ClientContext): Client {
  const { rate_limit = {}, ca, max_body = maxBodyDefault } = options;
  const { clock = systemClock, random = Math.random } = context;
  const base = baseUrl(options.base_url);
  const timeout = { ...timeoutDefaults, ...options.timeout };
  const budget: Budget = budgetOf(rate_limit.key ?? base.origin, clock);
  const leave = budget.join(rate_limit);
  let opening: ReturnType<typeof openConnections> | undefined;
  const shared = {
    base,
    options,
    context,
    clock,
    random,
    budget,
    timeout,
    retry: { ...retryDefaults, ...options.retry },
    max_body,
    secrets: createSecrets(context.secrets ?? []),
    connections: () => (opening ??= openConnections({ ...timeout, limit: max_body, ca })),
  };
  return {
    request: (request) => new Call(request, shared).answer(),
    async close() {
      leave();
      // What could not be opened has nothing to close.
      await opening?.then(
        (connections) => connections.close(),
        () => undefined,
      );
    },
  };
}
