import { defineSink } from 'syncline';
import { clientProperties, openClient } from 'syncline/http';
import { Delivery } from './delivery.ts';

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['base_url'],
  properties: {
    ...clientProperties,
    method: {
      type: 'string',
      enum: ['POST', 'PUT', 'PATCH'],
      default: 'POST',
      description: 'How rows are sent to the path that follows the dot in `to`.',
      examples: ['PUT'],
    },
    batch: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'Rows of one request: 1 sends each as an object, more send arrays of so many at most.',
      examples: [100],
    },
  },
} as const;

export const sink = defineSink({
  name: 'http',
  summary: 'Sends rows to an HTTP API as JSON, each request with an idempotency key.',
  options,
  modes: ['append'],
  capabilities: [],
  async open({ method, batch, ...config }, context) {
    const client = openClient(config, context);
    return {
      // What an API has already cannot be asked for.
      discover: async () => undefined,
      async begin() {
        const delivery = new Delivery(client, { method, size: batch });
        return { commit: (rows) => delivery.commit(rows), close: async () => undefined };
      },
      close: () => client.close(),
    };
  },
});
