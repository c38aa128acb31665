import { type AnswerScope, compileAnswerCondition, SyncError } from 'syncline';
import type { HttpResponse, Verdict } from 'syncline/http';
import { scopeOf } from './answer.ts';

/** What a rule matches; all that is given must hold. */
export interface When {
  readonly status?: StatusPattern | readonly StatusPattern[];
  readonly header?: string;
  readonly contains?: string;
  readonly expr?: string;
}

type StatusPattern = number | string;

export interface Rule {
  readonly when: When;
  readonly then: 'retry' | 'fail' | 'ignore' | 'refresh_token' | 'stop';
  readonly message?: string;
}

const status = {
  type: ['integer', 'string'],
  minimum: 100,
  maximum: 599,
  pattern: '^[1-5](xx|[0-9][0-9])$',
  patternErrorMessage: 'A status such as 404, or all of a hundred: `5xx`.',
} as const;

export const whenProperties = {
  status: {
    ...status,
    type: ['integer', 'string', 'array'],
    items: status,
    minItems: 1,
    description: 'The status, one of a list, or all of a hundred.',
    examples: [404, '5xx', [409, 423]],
  },
  contains: {
    type: 'string',
    minLength: 1,
    description: 'A text in the body.',
    examples: ['EXPIRED'],
  },
} as const;

/** Spelt apart from its use: an object with a key `then` written out looks like a promise. */
const key = { outcome: 'then' } as const;

export const rulesSchema = {
  type: 'array',
  description: 'What answers mean that are special to this API. The first one that matches counts.',
  examples: [[{ when: { status: 404 }, [key.outcome]: 'ignore' }]],
  items: {
    type: 'object',
    required: ['when', 'then'],
    additionalProperties: false,
    properties: {
      when: {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        description: 'Which answers: all that is given must hold.',
        examples: [{ status: 400, contains: 'try again' }],
        properties: {
          ...whenProperties,
          header: {
            type: 'string',
            minLength: 1,
            description: 'A header that is there, or `NAME: TEXT` for one that contains a text.',
            examples: ['X-Maintenance', 'Content-Type: text/html'],
          },
          expr: {
            type: 'string',
            minLength: 1,
            description: 'A CEL expression that must be true. It sees `body`, `status` and `headers`.',
            examples: ["body.code == 'busy'"],
          },
        },
      },
      [key.outcome]: {
        type: 'string',
        enum: ['retry', 'fail', 'ignore', 'refresh_token', 'stop'],
        description:
          '`retry`: ask again, as `retry` of the source says. `refresh_token`: the same with new credentials, once. `fail`: end with an error. `ignore`: it holds no records, and the read ends well. `stop`: the read ends well, with the records it holds where its status is one of success.',
        examples: ['ignore'],
      },
      message: {
        type: 'string',
        minLength: 1,
        description: 'With `fail`: what the error says.',
        examples: ['the account has no access to reports'],
      },
    },
    dependencies: {
      message: {
        properties: { [key.outcome]: { const: 'fail', description: 'Only an error says something.' } },
      },
    },
  },
} as const;

/** Compiles a list of rules: gives the first one that matches an answer. */
export function compileRules(rules: readonly Rule[]): (response: HttpResponse) => Rule | undefined {
  const compiled = rules.map((rule) => ({ rule, matches: compileWhen(rule.when) }));
  return (response) => compiled.find(({ matches }) => matches(response))?.rule;
}

/** What the client is to do about an answer. */
export function verdictOf(rule: Rule): Verdict {
  switch (rule.then) {
    case 'retry':
      return 'retry';
    case 'refresh_token':
      return 'refresh';
    case 'ignore':
    case 'stop':
      return 'accept';
    case 'fail':
      if (rule.message === undefined) return 'fail';
      throw new SyncError('source/rule', rule.message);
  }
}

export function compileWhen(when: When): (response: HttpResponse) => boolean {
  const { status, header, contains, expr } = when;
  const statuses = status === undefined ? undefined : [status].flat();
  const [name = '', ...rest] = header?.split(':') ?? [];
  const wanted = rest.join(':').trim().toLowerCase();
  const holds = expr === undefined ? undefined : compileAnswerCondition({ expr });
  return (response) => {
    if (statuses?.some((pattern) => fits(pattern, response.status)) === false) return false;
    if (header !== undefined) {
      const found = response.headers[name.trim().toLowerCase()];
      if (found === undefined || !found.toLowerCase().includes(wanted)) return false;
    }
    if (contains !== undefined && !Buffer.from(response.body).includes(contains)) return false;
    return holds === undefined || holds(scopeOf(response) satisfies AnswerScope);
  };
}

function fits(pattern: StatusPattern, status: number): boolean {
  const text = String(pattern);
  return text.endsWith('xx') ? text[0] === String(status)[0] : Number(text) === status;
}
