import type { Schema } from './core-schema.ts';
import { durationSchema } from './durations.ts';

/** What somebody may be told of: how a pipeline stands, when it did not stand so before. */
const occasions = ['failed', 'partial', 'recovered', 'succeeded'] as const;
export type Occasion = (typeof occasions)[number];

const common = {
  on: {
    type: 'array',
    minItems: 1,
    uniqueItems: true,
    items: { enum: occasions },
    default: ['failed', 'recovered'],
    description:
      'What is told, once for each change: `failed` (rate limited and interrupted too), `partial` (rows were rejected), `recovered` (succeeded, and before it was failed or partial), `succeeded` (and before it was not).',
    examples: [['failed', 'partial', 'recovered']],
  },
  pipelines: {
    type: 'array',
    minItems: 1,
    items: { type: 'string', minLength: 1 },
    description: 'The pipelines it is about: names, or globs with `*`. Default: all.',
    examples: [['contacts', 'crm-*']],
  },
  timeout: {
    ...durationSchema,
    default: '10s',
    description: 'How long one try may take.',
    examples: ['30s'],
  },
} as const;

export const notificationTypes = ['webhook', 'slack', 'command'] as const;

const type = { enum: notificationTypes, description: 'How it is told.' } as const;

function kindOf(required: readonly string[], own: { readonly [name: string]: Schema }): Schema {
  return {
    type: 'object',
    required: ['type', ...required],
    additionalProperties: false,
    properties: { type, ...own, ...common },
  };
}

const kinds: { readonly [type in (typeof notificationTypes)[number]]: Schema } = {
  webhook: kindOf(['url'], {
    url: {
      type: 'string',
      pattern: '^https?://[^\\s@]+$',
      patternErrorMessage: 'A URL that begins with `https://`, without a user or password.',
      'x-secret': 'variables',
      description: 'Where a JSON document is posted to. Redirects are not followed.',
      examples: ['https://example.com/hooks/syncline'],
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', 'x-secret': 'variables' },
      description: 'Headers sent with it.',
      examples: [{ Authorization: 'Bearer ${HOOK_TOKEN}' }],
    },
    secret: {
      type: 'string',
      pattern: '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$',
      patternErrorMessage:
        '`whsec_`, and 24 to 64 random bytes in base64: `openssl rand -base64 32` makes them.',
      'x-secret': true,
      description:
        'What it is signed with, by the Standard Webhooks specification: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.',
      examples: ['${HOOK_SECRET}'],
    },
  }),
  slack: kindOf(['url'], {
    url: {
      type: 'string',
      pattern: '^(https://|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:/])[^\\s@]+$',
      patternErrorMessage: 'A URL that begins with `https://`.',
      'x-secret': true,
      description: 'The URL of an incoming webhook of Slack.',
      examples: ['${SLACK_URL}'],
    },
  }),
  command: kindOf(['run'], {
    run: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
      description:
        'A program and its arguments, run in the folder of the config without a shell, with the JSON document on its standard input. Secrets of the config are taken out of its environment.',
      examples: [['./tell.sh', 'ops']],
    },
  }),
};

/** What every notification is, whatever its type. */
const envelope = { type: 'object', required: ['type'], properties: { type } } as const;

/** The schema of one notification, closed; of no known type, what all have. */
export function notificationOf(named: unknown): Schema {
  const known = notificationTypes.find((one) => one === named);
  return known === undefined ? envelope : kinds[known];
}

/** Spelt apart from their use: an object with a key `then` written out looks like a promise. */
const keyword = { condition: 'if', consequence: 'then' } as const;

/** For editors: a flat `type`, and a closed branch for each. */
export const notificationForEditor: Schema = {
  ...envelope,
  allOf: notificationTypes.map((one) => ({
    [keyword.condition]: { required: ['type'], properties: { type: { const: one } } },
    [keyword.consequence]: kinds[one],
  })),
};

export const notifySchema = {
  type: 'object',
  default: {},
  // Each is checked with the schema of its type.
  additionalProperties: { type: 'object' },
  description: 'Who is told when a pipeline fails, works again, or changes in other ways; by name.',
  examples: [{ ops: { type: 'slack', url: '${SLACK_URL}' } }],
} as const;
