/** How an API tells its next page, as `pagination` declares it. */

/** What goes with each type beside `type`, and what of it is required. */
const sent = ['in', 'limit', 'limit_param'];
const always = ['stop_when', 'max_pages', 'max_rows', 'total'];
const kinds = {
  none: { required: [], optional: ['max_rows'] },
  auto: { required: [], optional: [...sent, ...always] },
  page: { required: [], optional: [...sent, ...always, 'param', 'start', 'total_pages'] },
  offset: { required: [], optional: [...sent, ...always, 'param', 'start'] },
  cursor: { required: ['param', 'path'], optional: [...sent, ...always] },
  next_url: { required: ['path'], optional: [...sent, ...always] },
  link_header: { required: [], optional: [...sent, ...always] },
  keyset: { required: ['param', 'field'], optional: [...sent, ...always] },
} as const;

const types = Object.keys(kinds) as readonly PaginationType[];
/** These are whole without further keys. */
const short = types.filter((type) => kinds[type].required.length === 0);

type PaginationType = keyof typeof kinds;
export type Placement = 'query' | 'header' | 'body';

export interface Pagination {
  readonly type: PaginationType;
  readonly in?: Placement;
  readonly param?: string;
  readonly path?: string;
  readonly field?: string;
  readonly start?: number;
  readonly limit?: number;
  readonly limit_param?: string;
  readonly stop_when?: string | { readonly expr: string };
  readonly total?: string;
  readonly total_pages?: string;
  readonly max_pages?: number;
  readonly max_rows?: number;
}

export const placementSchema = {
  type: 'string',
  enum: ['query', 'header', 'body'],
  description:
    'Where it is sent. Default: `body` where the request has one, else `query`. In a body a name with dots is a path, such as `variables.after`.',
} as const;

const conditionSchema = {
  type: ['string', 'object'],
  minLength: 1,
  required: ['expr'],
  additionalProperties: false,
  properties: {
    expr: {
      type: 'string',
      minLength: 1,
      description: 'A CEL expression that must be true. It sees `body`, `status` and `headers`.',
      examples: ['!body.has_more'],
    },
  },
} as const;

const text = { type: 'string', minLength: 1 } as const;
const atLeastOne = { type: 'integer', minimum: 1 } as const;

const properties = {
  type: {
    type: 'string',
    enum: types,
    description:
      'How the next page is asked for. `auto` looks for the common ways and says what it found; `page` and `offset` count; `cursor` sends a token of the page before; `next_url` and `link_header` follow an address; `keyset` sends a field of the last record. Where rows come and go while pages are counted, some move to a page that was read already: prefer the others.',
    examples: ['cursor'],
  },
  in: placementSchema,
  param: {
    ...text,
    description: 'The name of what is sent: by default `page` or `offset`.',
    examples: ['starting_after'],
  },
  path: {
    ...text,
    description: 'Where the next token or address lies in the body.',
    examples: ['meta.next'],
  },
  field: { ...text, description: 'Of `keyset`: the path of the field in the record.', examples: ['id'] },
  start: {
    type: 'integer',
    minimum: 0,
    description: 'The first page or offset: by default 1 or 0.',
    examples: [0],
  },
  limit: { ...atLeastOne, description: 'How many records a page is asked to have.', examples: [100] },
  limit_param: {
    ...text,
    description: 'The name under which `limit` is sent: by default `limit`.',
    examples: ['pageSize'],
  },
  stop_when: {
    ...conditionSchema,
    description:
      'What tells the last page: a path in `body`, `status` or `headers` whose value is neither missing, null nor false, or an expression.',
    examples: ['body.done', { expr: '!body.has_more' }],
  },
  total: {
    ...text,
    description:
      'Where the body tells how many records there are: shown as progress, and the end for `page` and `offset`.',
    examples: ['meta.total'],
  },
  total_pages: {
    ...text,
    description: 'Of `page`: where the body tells how many pages there are.',
    examples: ['meta.pages'],
  },
  max_pages: {
    ...atLeastOne,
    description: 'More pages than this are an error: nothing is taken for complete that was cut.',
    examples: [1000],
  },
  max_rows: {
    ...atLeastOne,
    description:
      'The number of records at which the server cuts its answer: that many, with more to come or nothing to tell it, are an error.',
    examples: [15000],
  },
} as const;

export const paginationSchema = {
  type: ['string', 'object'],
  pattern: `^(${short.join('|')})$`,
  patternErrorMessage: `One of ${short.join(', ')}; the other types need further keys: \`{ type: cursor, … }\`.`,
  required: ['type'],
  additionalProperties: false,
  properties,
  allOf: types.map((type) => {
    const { required, optional } = kinds[type];
    const allowed = new Set<string>(['type', ...required, ...optional]);
    const own = Object.entries(properties).filter(([name]) => allowed.has(name));
    const condition = { type: 'object', properties: { type: { const: type } }, required: ['type'] };
    const consequence = { required, additionalProperties: false, properties: Object.fromEntries(own) };
    // Written as entries: an object with a `then` of its own looks like a promise.
    return Object.fromEntries([
      ['if', condition],
      ['then', consequence],
    ]);
  }),
  examples: ['auto', { type: 'cursor', param: 'cursor', path: 'meta.next' }],
} as const;

/** In the long form. */
export function toPagination(written: string | Pagination): Pagination {
  return typeof written === 'string' ? { type: written as PaginationType } : written;
}
