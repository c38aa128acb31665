import { defineSink } from 'syncline';
import { clientProperties, openClient } from 'syncline/http';
import { PostgRest } from './postgrest.ts';
import { openWriter } from './writer.ts';

const { rate_limit, retry, timeout, ca } = clientProperties;

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['url', 'key'],
  properties: {
    url: {
      type: 'string',
      pattern: '^https?://[^\\s@?#]+$',
      patternErrorMessage: 'The URL of the project: `https://PROJECT.supabase.co`.',
      description: 'The project, as `https://PROJECT.supabase.co`; `/rest/v1` is added unless it is there.',
      examples: ['https://PROJECT.supabase.co'],
    },
    key: {
      type: 'string',
      minLength: 1,
      'x-secret': true,
      description: 'The secret key of the project (`service_role` or `sb_secret_…`).',
      examples: ['${SUPABASE_KEY}'],
    },
    schema: {
      type: 'string',
      minLength: 1,
      description:
        'The schema of the tables, which the API must expose. Without it they lie in the first that it exposes, mostly `public`.',
      examples: ['crm'],
    },
    rate_limit,
    retry,
    timeout,
    ca,
  },
} as const;

export const sink = defineSink({
  name: 'supabase',
  summary: 'Writes tables of a Supabase project through its REST interface (PostgREST).',
  options,
  modes: ['upsert', 'append', 'snapshot'],
  capabilities: ['memory'],
  async open({ url, key, schema, ...client }, context) {
    const address = url.replace(/\/+$/, '');
    const base_url = address.endsWith('/rest/v1') ? address : `${address}/rest/v1`;
    const rest = new PostgRest(openClient({ base_url, ...client }, context), { base_url, key, schema });
    return {
      async discover(target) {
        const table = await rest.describe(target);
        return table && [...table.columns.values()];
      },
      begin: (target) => openWriter(rest, target),
      async count(target, { deleted_at, signal }) {
        signal.throwIfAborted();
        return rest.count(target, deleted_at);
      },
      check: () => rest.check(),
      close: () => rest.close(),
    };
  },
});
