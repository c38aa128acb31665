import { defineSink, defineSource, SyncError } from 'syncline';
import {
  openPostgres,
  openPostgresTargets,
  postgresUrlPattern,
  readPostgresRecords,
  type Selection,
} from 'syncline/sql';

const url = {
  type: 'string',
  pattern: postgresUrlPattern,
  patternErrorMessage: 'A URL: `postgresql://user:password@host:5432/database`.',
  'x-secret': 'password',
  description:
    'The database, as `postgresql://user:password@host:5432/database`; `sslmode` and `sslrootcert` are as in libpq, and a table without a schema lies in the first one of the search path.',
  examples: ['${DATABASE_URL}', 'postgresql://sync@db.example.com/crm?sslmode=verify-full'],
} as const;

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: { url },
} as const;

const sinkOptions = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url,
    ledger_schema: {
      type: 'string',
      minLength: 1,
      description:
        'The schema of the ledger (the tables `_syncline_…`), which must be there. Without it the ledger lies beside each target, in the same schema.',
      examples: ['syncline'],
    },
  },
} as const;

const streamOptions = {
  type: 'object',
  additionalProperties: false,
  properties: {
    table: {
      type: 'string',
      minLength: 1,
      description:
        'The table or view to read, with its schema or without. Either `table` or `query` is given.',
      examples: ['customers', 'sales.customers'],
    },
    query: {
      type: 'string',
      minLength: 1,
      description:
        'One SELECT, for what a table alone cannot say: its columns become the fields of the records.',
      examples: ['SELECT id, email FROM customers WHERE active'],
    },
  },
} as const;

export const source = defineSource({
  name: 'postgres',
  summary: 'Reads tables and queries of a PostgreSQL database.',
  options,
  streamOptions,
  shortForm: 'table',
  order: 'ascending',
  async open({ url }, { directory }) {
    const database = await openPostgres({ url, directory });
    return {
      async *read({ stream, options: selection, signal, ...request }) {
        const records = readPostgresRecords(database, toSelection(stream, selection), request);
        for await (const batch of records) {
          signal.throwIfAborted();
          yield batch;
        }
      },
      close: () => database.close(),
    };
  },
});

function toSelection(stream: string, { table, query }: { table?: string; query?: string }): Selection {
  if (table !== undefined && query === undefined) return { table };
  if (query !== undefined && table === undefined) return { query };
  throw new SyncError('source/query', `the stream ${stream} needs either \`table\` or \`query\``, {
    hint: 'A stream written as a bare string is a `table`.',
  });
}

export const sink = defineSink({
  name: 'postgres',
  summary:
    'Writes to tables of a PostgreSQL database (`to: db.people`, `to: db.sales.people`), merging rows by primary key.',
  options: sinkOptions,
  modes: ['upsert', 'append', 'replace', 'mirror', 'snapshot'],
  capabilities: ['ledger', 'plan', 'journal', 'widen', 'absence'],
  open: async ({ url, ledger_schema }, { directory }) =>
    openPostgresTargets({ url, directory, ledgerSchema: ledger_schema }),
});
