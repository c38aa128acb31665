/** The errors of the LinkedIn Marketing API, as its server words them. */

import { type Answer, Refused } from '../../kit/fake-api.ts';

const codes: { readonly [status: number]: readonly [string, string] } = {
  401: ['EXPIRED_ACCESS_TOKEN', 'The token used in the request has expired'],
  403: ['ACCESS_DENIED', 'Not enough permissions to access this resource'],
  404: ['RESOURCE_NOT_FOUND', 'No virtual resource found'],
  429: ['TOO_MANY_REQUESTS', 'Resource level throttle limit for calls to this resource is reached'],
  500: ['INTERNAL_SERVER_ERROR', 'Internal Server Error'],
};

export function failure(status: number): Answer {
  const [code, message] = codes[status] ?? ['ERROR', 'The request failed'];
  return refusal(status, code, message);
}

export function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { status, code, message } };
}

export function wrong(_where: string, name: string, problem: string): Answer {
  if (problem === 'unknown')
    return inputError('QUERY_PARAM_NOT_ALLOWED', name, `Query parameter '${name}' is not allowed`);
  if (problem === 'missing') return inputError('PARAM_MISSING', name, `Parameter '${name}' is required`);
  return inputError('PARAM_INVALID', name, `Invalid value for param; ${problem}`);
}

/** To be thrown where the value of a parameter is wrong. */
export function invalid(name: string, problem: string): Refused {
  return new Refused(wrong('query', name, problem));
}

function inputError(code: string, fieldPath: string, description: string): Answer {
  return {
    status: 400,
    body: {
      status: 400,
      code: 'ILLEGAL_ARGUMENT',
      message: 'Invalid query parameters passed to request',
      errorDetailType: 'com.linkedin.common.error.BadRequest',
      errorDetails: { inputErrors: [{ code, description, input: { inputPath: { fieldPath } } }] },
    },
  };
}
