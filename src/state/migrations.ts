import { SyncError } from '../model/errors.ts';
import type { Database, Statement } from '../sql/index.ts';

/** The n-th entry takes the state from version n to n + 1. Entries are never changed once released, only added. */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY, status TEXT, exit_code INTEGER, started_at TEXT NOT NULL, finished_at TEXT
    ) WITHOUT ROWID`,
    `CREATE TABLE run_pipelines (
      run_id TEXT NOT NULL, pipeline TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (run_id, pipeline)
    ) WITHOUT ROWID`,
    `CREATE TABLE rejects (
      id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, pipeline TEXT NOT NULL, batch INTEGER NOT NULL,
      field TEXT, code TEXT NOT NULL, reason TEXT NOT NULL, record TEXT NOT NULL, rejected_at TEXT NOT NULL
    )`,
    'CREATE INDEX rejects_by_run ON rejects (run_id, pipeline)',
    'CREATE INDEX rejects_by_pipeline ON rejects (pipeline)',
  ],
];

/** Brings a state to this version in one transaction; refuses one that a newer version wrote. */
export async function migrate(database: Database, file: string): Promise<void> {
  const version = Number((await database.all('PRAGMA user_version'))[0]?.[0] ?? 0);
  if (version > migrations.length)
    throw new SyncError(
      'state/newer',
      `the state ${file} was written by a newer version of Syncline (state version ${version}, this one knows ${migrations.length})`,
      {
        hint: 'Use that newer version, or name another file with `state:`.',
      },
    );
  if (version === migrations.length) return;
  const statements: Statement[] = migrations
    .slice(version)
    .flat()
    .map((sql) => ({ sql }));
  await database.write([...statements, { sql: `PRAGMA user_version = ${migrations.length}` }]);
}
