import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOptions } from 'syncline';
import { type Ended, edit, folderWith, query as queryFile, syncline } from '../e2e/cli.ts';
import { type Ran, runIn } from '../kit/built-runner.ts';
import { freshDatabase, query as queryServer } from '../kit/postgres.ts';

/** A database that both is written by a run and looked at by another client. */
interface Database {
  readonly sink: string;
  readonly environment: { readonly [name: string]: string };
  /** Rows as text, null as `null`. */
  query(sql: string): Promise<string[]>;
  edit(sql: string): Promise<void>;
}

export const databases = ['libsql', 'postgres'] as const;

async function openDatabase(kind: (typeof databases)[number], folder: string): Promise<Database> {
  if (kind === 'libsql') {
    const file = join(folder, 'sink.db');
    return {
      sink: '{ type: libsql, url: "file:sink.db" }',
      environment: {},
      query: async (sql) => queryFile(file, sql).map((row) => (row as unknown[]).map(String).join(' ')),
      edit: async (sql) => edit(file, sql),
    };
  }
  const url = await freshDatabase();
  return {
    sink: '{ type: postgres, url: "${DATABASE}" }',
    environment: { DATABASE: url },
    query: async (sql) => (await queryServer(url, sql)).map((row) => row.map(String).join(' ')),
    edit: async (sql) => void (await queryServer(url, `${sql};`)),
  };
}

/** A source of our own: pages of records that can be read on from any of them, where one may fail. */
const api = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'api', summary: 'Pages.',
  options: { type: 'object', properties: {} },
  streamOptions: { type: 'object', required: ['path'], properties: { path: { type: 'string', description: 'The file.' } } },
  shortForm: 'path',
  async open(_, { directory }) {
    return {
      async *read({ options, batch, position = 0 }) {
        const { records, failing } = JSON.parse(readFileSync(join(directory, options.path + '.json'), 'utf8'));
        for (let from = Number(position); from < records.length; ) {
          if (failing !== undefined && from >= failing) throw new Error('page ' + from + ' answered 500');
          const page = records.slice(from, Math.min(from + batch.rows, failing ?? records.length));
          from += page.length;
          yield { records: page, bytes: page.length, position: from };
        }
        if (failing !== undefined) throw new Error('the last page answered 500');
      },
      close: async () => undefined,
    };
  },
});
`;

type Records = readonly { readonly [field: string]: unknown }[];

export interface World extends Database {
  readonly folder: string;
  /** Makes the source answer so from now on; from the record `failing` on it fails. */
  answer(records: Records, failing?: number, stream?: string): Promise<void>;
  /** Runs all pipelines: the result of the first, with what was told. */
  run(options?: Partial<RunOptions>): Promise<Ran>;
  /** Runs the built command line. */
  cli(...flags: readonly string[]): Promise<Ended>;
  /** Puts another config in the place of the one there. */
  configure(pipeline: string, stream?: string): Promise<void>;
}

/** A folder and a database of their own. */
export async function openWorld(
  kind: (typeof databases)[number],
): Promise<Database & { readonly folder: string }> {
  const folder = await folderWith({ 'api.ts': api });
  return { folder, ...(await openDatabase(kind, folder)) };
}

/** A source `api.rows`, a sink `db`, and one pipeline with these keys. */
export async function worldOf(
  kind: (typeof databases)[number],
  pipeline: string,
  stream = 'path: rows, primary_key: id',
): Promise<World> {
  const { folder, ...database } = await openWorld(kind);
  const configure: World['configure'] = (keys, of = stream) =>
    writeFile(
      join(folder, 'sync.config.yaml'),
      `version: 1
sources: { api: { type: ./api.ts, streams: { rows: { ${of} } } } }
sinks: { db: ${database.sink} }
defaults: { pipeline: { batch_size: 3, columns: { run_id: false, synced_at: false } } }
pipelines:
  people:
    from: api.rows
${/^to:/m.test(keys) ? '' : '    to: db.people\n'}${keys.trimEnd().replace(/^/gm, '    ')}
`,
    );
  await configure(pipeline);
  return {
    ...database,
    folder,
    configure,
    answer: (records, failing, name = 'rows') =>
      writeFile(join(folder, `${name}.json`), JSON.stringify({ records, failing })),
    run: (options = {}) => runIn({ directory: folder, environment: database.environment }, options),
    cli: (...flags) => syncline(folder, ['run', ...flags], database.environment),
  };
}

/** `{ id, name }`, such as `{ id: 1, name: 'name 1' }`. */
export function people(...ids: readonly number[]): { id: number; name: string }[] {
  return ids.map((id) => ({ id, name: `name ${id}` }));
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
