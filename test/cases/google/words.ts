/** The errors of Google's APIs, as their servers word them. */

import { type Answer, Refused } from '../../kit/fake-api.ts';

const words: { readonly [status: number]: readonly [string, string] } = {
  403: ['PERMISSION_DENIED', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  429: ['RESOURCE_EXHAUSTED', 'Quota exceeded for quota metric of this service.'],
  500: ['INTERNAL', 'Internal error encountered.'],
  503: ['UNAVAILABLE', 'The service is currently unavailable.'],
};

export function failure(status: number): Answer {
  if (status === 401) return unauthenticated('ACCESS_TOKEN_EXPIRED');
  const [word, message] = words[status] ?? ['UNKNOWN', 'The request failed.'];
  return refusal(status, word, message);
}

export function unauthenticated(reason: string): Answer {
  const message = 'Request had invalid authentication credentials. Expected OAuth 2 access token.';
  const answer = refusal(401, 'UNAUTHENTICATED', message, reason);
  return { ...answer, headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' } };
}

/** To be thrown where an argument is wrong. */
export function invalid(message: string): Refused {
  return new Refused(refusal(400, 'INVALID_ARGUMENT', message));
}

export function wrong(_where: string, name: string, problem: string): Answer {
  const message =
    problem === 'unknown'
      ? `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter.`
      : `Invalid value at '${name}': ${problem === 'missing' ? 'it is required' : problem}`;
  return refusal(400, 'INVALID_ARGUMENT', message);
}

export function refusal(code: number, status: string, message: string, reason?: string): Answer {
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    domain: 'people.googleapis.com',
    reason,
  };
  return { status: code, body: { error: { code, message, status, ...(reason && { details: [info] }) } } };
}
