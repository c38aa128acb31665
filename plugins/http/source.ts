import { defineSource, type OptionsSchema, type ReadRequest } from 'syncline';
import { type ClientConfig, clientProperties, openClient } from 'syncline/http';
import type { Io } from './asking.ts';
import { type Pagination, paginationSchema } from './pagination-options.ts';
import { cursorOptions } from './range.ts';
import { type HttpStream, streamOptions } from './stream-options.ts';
import { readPages } from './walk.ts';

const options: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['base_url'],
  properties: {
    ...clientProperties,
    pagination: {
      ...paginationSchema,
      default: 'auto',
      description: 'How the next page is asked for, where a stream does not say.',
    },
  },
};

/** Options that were checked by their schema. */
interface HttpOptions extends ClientConfig {
  readonly pagination: string | Pagination;
}

/** How many requests run at once where nothing is said: the default of `rate_limit.concurrency`. */
const usualConcurrency = 4;

export const source = defineSource({
  name: 'http',
  summary: 'Reads records from an HTTP API, page by page.',
  options,
  streamOptions,
  cursorOptions,
  shortForm: 'path',
  tokenOption: 'sync_token',
  ranges: true,
  async open(opened, context) {
    const options = opened as unknown as HttpOptions;
    const client = openClient(options, context);
    const { base_url, pagination, rate_limit, auth } = options;
    const io: Io = {
      client,
      home: { base_url, auth_param: queryParam(auth), secrets: context.secrets },
      pagination,
      logger: context.logger,
      told: new Set(),
    };
    return {
      read: (request) => readPages(io, request as unknown as ReadRequest<HttpStream>),
      parallel: rate_limit?.concurrency ?? usualConcurrency,
      close: () => client.close(),
    };
  },
});

/** The parameter of the query that credentials are sent as. */
function queryParam(
  auth: { readonly type: string; readonly in?: string; readonly name?: string } | undefined,
) {
  return auth?.type === 'api_key' && auth.in === 'query' ? auth.name : undefined;
}
