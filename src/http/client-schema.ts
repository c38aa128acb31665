/** The options of every source and sink that asks a server over HTTP, for their JSON Schemas. */

import { durationPattern } from '../model/duration.ts';
import { authSchema } from './auth-schema.ts';

const duration = {
  type: 'string',
  pattern: durationPattern,
  patternErrorMessage: 'A duration is a number and a unit: `500ms 30s 15m 6h 7d 2w 3mo`.',
} as const;

const atLeastOne = { type: 'integer', minimum: 1 } as const;

/** The properties of a client, which a plugin spreads into those of its own options. */
export const clientProperties = {
  base_url: {
    type: 'string',
    pattern: '^https?://[^\\s@]+$',
    patternErrorMessage: 'A URL that begins with `https://`, without a user or password.',
    description: 'Where the API is: paths are below it, and credentials go to its origin alone.',
    examples: ['https://api.example.com/v2'],
  },
  headers: {
    type: 'object',
    additionalProperties: { type: 'string', 'x-secret': 'variables' },
    description: 'Headers sent with every request.',
    examples: [{ 'Api-Version': '2026-01' }],
  },
  auth: authSchema,
  rate_limit: {
    type: 'object',
    additionalProperties: false,
    dependencies: { requests: ['per'], per: ['requests'] },
    description: 'How often the server is asked at most, by all pipelines together.',
    examples: [{ requests: 10, per: '1s' }],
    properties: {
      requests: { ...atLeastOne, description: 'So many requests …', examples: [10] },
      per: { ...duration, description: '… begin within this time.', examples: ['1s', '1m'] },
      concurrency: { ...atLeastOne, default: 4, description: 'So many requests run at once.', examples: [1] },
      key: {
        type: 'string',
        minLength: 1,
        description:
          'Sources and sinks with the same key share one budget. Without it, those of one origin do.',
        examples: ['crm'],
      },
    },
  },
  retry: {
    type: 'object',
    additionalProperties: false,
    description: 'How requests are tried again that failed for reasons that pass.',
    examples: [{ attempts: 8, max_wait: '1h' }],
    properties: {
      attempts: { ...atLeastOne, maximum: 100, default: 5, description: 'Tries in all.', examples: [8] },
      backoff: {
        type: 'string',
        enum: ['exponential'],
        default: 'exponential',
        description: 'Each wait is twice as long as the one before, and a part of it is chance.',
        examples: ['exponential'],
      },
      initial: {
        ...duration,
        default: '500ms',
        description: 'The wait after the first try.',
        examples: ['1s'],
      },
      max: { ...duration, default: '60s', description: 'The longest of these waits.', examples: ['2m'] },
      max_wait: {
        ...duration,
        default: '15m',
        description:
          'The longest wait that a server may ask for. Past it the pipeline ends `rate_limited`, and says when to come back.',
        examples: ['1h'],
      },
    },
  },
  timeout: {
    type: 'object',
    additionalProperties: false,
    description: 'How long a server may take.',
    examples: [{ idle: '2m' }],
    properties: {
      connect: { ...duration, default: '10s', description: 'Until a connection stands.', examples: ['5s'] },
      idle: {
        ...duration,
        default: '30s',
        description: 'Until the server says something more.',
        examples: ['2m'],
      },
      total: {
        ...duration,
        default: '5m',
        description: 'For one try of a request, answer and all.',
        examples: ['10m'],
      },
    },
  },
  allow_hosts: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description:
      'Other hosts that addresses found in answers may lead to, with the port where it is not the usual one. They get no credentials.',
    examples: [['files.example.com']],
  },
  ca: {
    type: 'string',
    minLength: 1,
    description: 'A file with certificates to trust besides those that Node.js knows.',
    examples: ['certificates/own-ca.pem'],
  },
} as const;
