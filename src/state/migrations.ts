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
  [
    // The process of a run, and when it last gave a sign of life, in milliseconds.
    'ALTER TABLE runs ADD COLUMN host TEXT',
    'ALTER TABLE runs ADD COLUMN pid INTEGER',
    'ALTER TABLE runs ADD COLUMN started TEXT',
    'ALTER TABLE runs ADD COLUMN alive_at INTEGER NOT NULL DEFAULT 0',
    // From now on a pipeline is in here when its run begins: `status` and `result` are null until it has ended.
    // `extent` tells which part of its stream was read: new, whole or part.
    'ALTER TABLE run_pipelines RENAME TO ended_pipelines',
    `CREATE TABLE run_pipelines (
      run_id TEXT NOT NULL, pipeline TEXT NOT NULL, step INTEGER NOT NULL,
      status TEXT, result TEXT, extent TEXT, finished_at TEXT, PRIMARY KEY (run_id, pipeline)
    ) WITHOUT ROWID`,
    `INSERT INTO run_pipelines
      SELECT run_id, pipeline, 0, json_extract(result, '$.status'), result, 'new', runs.finished_at
      FROM ended_pipelines LEFT JOIN runs ON runs.id = run_id`,
    'DROP TABLE ended_pipelines',
    'CREATE INDEX runs_by_pipeline ON run_pipelines (pipeline, run_id)',
    // `expires_at`, in milliseconds, is 0 once the lease was given back: the fence stays.
    `CREATE TABLE leases (
      pipeline TEXT PRIMARY KEY, run_id TEXT NOT NULL, fence INTEGER NOT NULL,
      host TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
      acquired_at TEXT NOT NULL, expires_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE TABLE checkpoints (
      sink TEXT NOT NULL, pipeline TEXT NOT NULL, target TEXT NOT NULL, checkpoint TEXT NOT NULL,
      fence INTEGER NOT NULL, run TEXT NOT NULL, batch INTEGER NOT NULL, basis TEXT NOT NULL, wrote INTEGER NOT NULL,
      PRIMARY KEY (sink, pipeline, target)
    ) WITHOUT ROWID`,
  ],
  [
    // The columns are those of a log that is kept in a table of a sink: `batch_id` is the run, `step` the event.
    `CREATE TABLE logs (
      id INTEGER PRIMARY KEY, batch_id TEXT NOT NULL, level TEXT NOT NULL, step TEXT NOT NULL,
      message TEXT NOT NULL, meta TEXT NOT NULL, created_at TEXT NOT NULL
    )`,
    'CREATE INDEX logs_by_run ON logs (batch_id)',
    'CREATE INDEX logs_by_time ON logs (created_at)',
  ],
  [
    // The records of rejects that are one element of them; a record goes with its last reject.
    'CREATE TABLE rejected_records (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID',
    // The name its checkpoint is kept under: it tells, with the run and the batch, whether the reject's batch was committed.
    'ALTER TABLE rejects ADD COLUMN checkpoint TEXT',
    // That of a read of what is new, whatever was read: it stands for the target and the partition.
    "ALTER TABLE rejects ADD COLUMN part TEXT NOT NULL DEFAULT ''",
    // 1 when `record` (and the record it is an element of) is kept as it was read: only then it can be retried.
    'ALTER TABLE rejects ADD COLUMN exact INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE rejects ADD COLUMN of_record TEXT',
    'ALTER TABLE rejects ADD COLUMN element INTEGER',
    // Of a reject that was retried and refused again: the id it had at first, which tells its order among the others.
    'ALTER TABLE rejects ADD COLUMN first_id INTEGER',
    // The key of its row, and the batch that wrote a later row of that key.
    'ALTER TABLE rejects ADD COLUMN key TEXT',
    'ALTER TABLE rejects ADD COLUMN superseded_by TEXT',
    'ALTER TABLE rejects ADD COLUMN superseded_batch INTEGER',
    'ALTER TABLE rejects ADD COLUMN superseded_checkpoint TEXT',
    'CREATE INDEX rejects_by_key ON rejects (pipeline, part, key)',
    'CREATE INDEX rejects_by_record ON rejects (of_record)',
    'CREATE INDEX rejects_in_order ON rejects (pipeline, coalesce(first_id, id))',
    `CREATE TRIGGER rejected_records_end AFTER DELETE ON rejects WHEN old.of_record IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM rejects WHERE of_record = old.of_record)
      BEGIN DELETE FROM rejected_records WHERE id = old.of_record; END`,
  ],
  [
    // Times of schedules, in milliseconds: `since` when one is watched, and `at` which of its occurrences are dealt with.
    `CREATE TABLE schedules (
      pipeline TEXT PRIMARY KEY, schedule TEXT NOT NULL, since INTEGER NOT NULL, skipped INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID`,
    'CREATE TABLE occurrences (pipeline TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (pipeline, at)) WITHOUT ROWID',
  ],
  [
    // What was last written to each tracked field of sinks without a ledger: `row` is the key, `value` the cell as JSON.
    `CREATE TABLE written (
      sink TEXT NOT NULL, target TEXT NOT NULL, row TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (sink, target, row, name)
    ) WITHOUT ROWID`,
  ],
  [
    // The columns that the last whole read of a part brought, where it takes them as they come.
    'CREATE TABLE columns (part TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (part, name)) WITHOUT ROWID',
  ],
  // The record of the parent stream that the record of a reject was read for.
  ['ALTER TABLE rejects ADD COLUMN parent TEXT'],
  [
    // What sources and sinks keep for themselves, such as tokens; `sealed` is 1 where it takes the key to read it.
    `CREATE TABLE plugin_values (
      owner TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, sealed INTEGER NOT NULL, PRIMARY KEY (owner, name)
    ) WITHOUT ROWID`,
  ],
  [
    // Somebody asked for the end of a run that another process has.
    'ALTER TABLE runs ADD COLUMN cancel_at TEXT',
    // What an ended run of the daemon told, as a JSON array, for those who ask later.
    'CREATE TABLE run_events (run_id TEXT PRIMARY KEY, events TEXT NOT NULL) WITHOUT ROWID',
    // Pipelines whose schedules start nothing for now.
    'CREATE TABLE pauses (pipeline TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID',
    // Requests that carried an `Idempotency-Key`: what was asked, as a hash, and the run it started. Times in milliseconds.
    `CREATE TABLE requests (
      key TEXT PRIMARY KEY, request TEXT NOT NULL, run_id TEXT NOT NULL, at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    // How each pipeline stood when a notification of this name last arrived.
    `CREATE TABLE notified (
      notification TEXT NOT NULL, pipeline TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (notification, pipeline)
    ) WITHOUT ROWID`,
  ],
];

/** How the version of a state stands to this program's. */
export type StateAge = 'older' | 'current' | 'newer';

export async function ageOf(database: Database): Promise<StateAge> {
  const version = await versionOf(database);
  if (version === migrations.length) return 'current';
  return version < migrations.length ? 'older' : 'newer';
}

/** False for the state of an older version; throws `state/newer`. */
export async function isCurrent(database: Database, file: string): Promise<boolean> {
  const version = await versionOf(database);
  refuseNewer(version, file);
  return version === migrations.length;
}

function refuseNewer(version: number, file: string): void {
  if (version <= migrations.length) return;
  throw new SyncError(
    'state/newer',
    `the state ${file} was written by a newer version of Syncline (state version ${version}, this one knows ${migrations.length})`,
    {
      hint: 'Use that newer version, or name another file with `state:`.',
    },
  );
}

/** Brings a state to this version in one transaction; refuses one that a newer version wrote. */
export async function migrate(database: Database, file: string): Promise<void> {
  const version = await versionOf(database);
  refuseNewer(version, file);
  if (version === migrations.length) return;
  const statements: Statement[] = migrations
    .slice(version)
    .flat()
    .map((sql) => ({ sql }));
  try {
    await database.write([...statements, { sql: `PRAGMA user_version = ${migrations.length}` }]);
  } catch (error) {
    // Another process may have done the same in the meantime: then the first statement failed, and all is well.
    if ((await versionOf(database)) === version) throw error;
    await migrate(database, file);
  }
}

async function versionOf(database: Database): Promise<number> {
  return Number((await database.all('PRAGMA user_version'))[0]?.[0] ?? 0);
}
