import { join } from 'node:path';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets, openTargets } from '../../src/sql/index.ts';
import { edit, query as queryFile } from '../e2e/cli.ts';
import { freshDatabase, query as queryServer } from './postgres.ts';

/** A database that is empty, of one of the kinds that tables are written to. */
export interface Database {
  /** As a sink of the config. */
  readonly sink: string;
  open(): Promise<OpenSink>;
  /** What another client reads, every value as text. */
  rows(sql: string): Promise<(string | null)[][]>;
  /** What another client does to it. */
  does(sql: string): Promise<void>;
}

async function libsql(folder: string): Promise<Database> {
  const path = join(folder, 'sync.db');
  return {
    sink: '{ type: libsql, url: file:sync.db }',
    open: () => openTargets({ path, patience: 1_000 }),
    rows: async (sql) =>
      (queryFile(path, sql) as unknown[][]).map((row) =>
        row.map((value) => (value === null ? null : String(value))),
      ),
    does: async (sql) => edit(path, sql),
  };
}

async function postgres(): Promise<Database> {
  const url = await freshDatabase();
  return {
    sink: `{ type: postgres, url: "${url}" }`,
    open: () => openPostgresTargets({ url, directory: '/' }),
    rows: (sql) => queryServer(url, sql),
    does: async (sql) => void (await queryServer(url, `${sql};`)),
  };
}

/** By name, how one is made; what lies in a file is made in the folder. */
export const databases = { libsql, postgres } as const satisfies {
  readonly [name: string]: (folder: string) => Promise<Database>;
};

export type DatabaseName = keyof typeof databases;

export const databaseNames = ['libsql', 'postgres'] as const satisfies readonly DatabaseName[];
