/** The errors of the Instantly API, as its server words them. */

import type { Answer } from '../../kit/fake-api.ts';

const names: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

export function refusal(status: number, message: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: { statusCode: status, error: names[status] ?? 'Error', message } };
}

export function wrong(where: 'query' | 'body', name: string, problem: string): Answer {
  const place = where === 'query' ? 'querystring' : 'body';
  if (problem === 'unknown') return refusal(400, `${place} must NOT have additional properties: ${name}`);
  if (problem === 'missing') return refusal(400, `${place} must have required property '${name}'`);
  return refusal(400, `${[place, name].filter((part) => part !== '').join('/')} ${problem}`);
}
