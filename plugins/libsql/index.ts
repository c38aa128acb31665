import { existsSync } from 'node:fs';
import { defineSink, defineSource, SyncError } from 'syncline';
import {
  databasePath,
  databaseUrlPattern,
  openDatabase,
  openTargets,
  readRecords,
  type Selection,
} from 'syncline/sql';

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      minLength: 1,
      pattern: databaseUrlPattern,
      description:
        'The database file, as `file:data/sync.db` or as a path; relative ones start at the folder of the config. Remote databases (`libsql://…`) are not supported.',
      examples: ['file:data/sync.db'],
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
      description: 'The table or view to read. Either `table` or `query` is given.',
      examples: ['customers'],
    },
    query: {
      type: 'string',
      minLength: 1,
      'x-language': 'sql',
      description:
        'One SELECT, for what a table alone cannot say: its columns become the fields of the records.',
      examples: ['SELECT id, email FROM customers WHERE active = 1'],
    },
  },
} as const;

export const source = defineSource({
  name: 'libsql',
  summary: 'Reads tables and queries of a libSQL or SQLite database file.',
  options,
  streamOptions,
  shortForm: 'table',
  order: 'ascending',
  ranges: true,
  async open({ url }, { directory }) {
    const path = databasePath(url, directory);
    if (!existsSync(path)) {
      throw new SyncError('source/file_missing', `there is no database file ${path}`, {
        hint: `Correct the option \`url\` (${url}): relative paths start at ${directory}.`,
      });
    }
    const database = await openDatabase({ path, readonly: true });
    return {
      async *read({ stream, options: selection, signal, ...request }) {
        for await (const records of readRecords(database, toSelection(stream, selection), request)) {
          signal.throwIfAborted();
          yield records;
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
  name: 'libsql',
  summary: 'Writes to tables of a libSQL or SQLite database file, merging rows by primary key.',
  options,
  modes: ['upsert', 'append', 'replace', 'mirror', 'snapshot'],
  capabilities: ['ledger', 'plan', 'journal', 'widen', 'absence'],
  open: ({ url }, { directory }) => openTargets({ path: databasePath(url, directory) }),
});
