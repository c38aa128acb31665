import type { Credentials } from './auth.ts';
import { acceptedEncodings } from './body.ts';
import type { Headers, HttpRequest } from './message.ts';

type Named = { readonly [name: string]: string };

/** The headers of a request: what is said nearer to it wins, credentials win over all. */
export function headersOf(request: HttpRequest, ofClient: Named, credentials: Credentials): Headers {
  const { idempotency_key } = request;
  const said = { ...lowerCase(ofClient), ...lowerCase(request.headers ?? {}) };
  const shown = lowerCase(credentials.headers ?? {});
  const cookies = [said.cookie, shown.cookie].filter((cookie) => cookie !== undefined);
  return {
    accept: request.expect === 'json' ? 'application/json' : '*/*',
    'accept-encoding': acceptedEncodings,
    'user-agent': 'syncline',
    ...said,
    ...shown,
    ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
    ...(idempotency_key !== undefined && { 'idempotency-key': idempotency_key }),
  };
}

function lowerCase(headers: Named): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
