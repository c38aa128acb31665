import type { OptionsSchema, SourceRecord, Value } from 'syncline';
import { type Pagination, paginationSchema } from './pagination-options.ts';
import { type Rule, rulesSchema } from './rules.ts';
import { type SyncToken, syncTokenSchema } from './sync-token.ts';

/** A stream whose options were checked by {@link streamOptions}. */
export interface HttpStream {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly params?: { readonly [name: string]: Param | readonly Param[] };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Value;
  readonly form?: { readonly [name: string]: Param };
  readonly format: 'json' | 'jsonl' | 'csv';
  readonly records?: string;
  readonly on_missing?: 'error' | 'empty';
  readonly fill?: SourceRecord;
  readonly pagination?: string | Pagination;
  readonly rules?: readonly Rule[];
  readonly sync_token?: SyncToken;
}

export type Param = string | number | boolean;

const scalars = ['string', 'number', 'boolean'] as const;
const param = { type: scalars, 'x-secret': 'variables' } as const;

const properties = {
  path: {
    type: 'string',
    'x-encode': 'uri',
    description: 'What is asked for, below the `base_url`. It is sent as it is written, a query included.',
    examples: ['/contacts'],
  },
  method: {
    type: 'string',
    enum: ['GET', 'POST'],
    description: 'By default GET, and POST with `body` or `form`.',
    examples: ['POST'],
  },
  params: {
    type: 'object',
    additionalProperties: {
      type: [...scalars, 'array'],
      items: param,
      'x-secret': 'variables',
    },
    description: 'Added to the query; a list gives its name once for each element.',
    examples: [{ state: 'all', fields: ['id', 'name'] }],
  },
  headers: {
    type: 'object',
    additionalProperties: { type: 'string', 'x-secret': 'variables' },
    description: 'Sent with the requests of this stream, in the place of those of the source.',
    examples: [{ Accept: 'application/json' }],
  },
  body: {
    type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
    'x-secret': 'variables',
    description: 'Sent with each request, as JSON.',
    examples: [{ filter: { state: 'all' } }],
  },
  form: {
    type: 'object',
    additionalProperties: param,
    description: 'Sent with each request as a form, in the place of `body`.',
    examples: [{ state: 'all' }],
  },
  format: {
    type: 'string',
    enum: ['json', 'jsonl', 'csv'],
    default: 'json',
    description: 'How the answers are written.',
    examples: ['csv'],
  },
  records: {
    type: 'string',
    minLength: 1,
    description:
      'json: the path of the array of records in the body, or of an object that is the one record; `$` is the body itself, and the default where that is an array.',
    examples: ['data.items'],
  },
  on_missing: {
    type: 'string',
    enum: ['error', 'empty'],
    default: 'error',
    description:
      'json: what it means that nothing is at `records`: a mistake, or an answer without records, as of APIs that leave empty lists out.',
    examples: ['empty'],
  },
  fill: {
    type: 'object',
    description:
      'json: fields that a record gets where it has none of that name: what they are when the API leaves them out, such as an empty list.',
    additionalProperties: {
      type: ['string', 'number', 'boolean', 'array', 'object', 'null'],
      description: 'The value.',
      examples: [[]],
    },
    examples: [{ phoneNumbers: [] }],
  },
  pagination: {
    ...paginationSchema,
    description: 'How the next page is asked for, in the place of what the source says.',
  },
  rules: rulesSchema,
  sync_token: syncTokenSchema,
} as const;

export const streamOptions: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties,
};
