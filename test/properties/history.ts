import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import {
  type Config,
  createRunner,
  loadConfig,
  type OpenSink,
  printJson,
  type Runner,
  type Value,
} from 'syncline';
import { openTargets } from 'syncline/sql';

/** Pipelines with every strategy, with deletions, without a key, and with columns as they come. */
const config = `version: 1
sources:
  in:
    type: file
    streams:
      rows: { path: rows.jsonl, incremental: { cursor_field: seq } }
      all: rows.jsonl
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { batch_size: 2 } }
pipelines:
  merged:
    from: in.all
    to: db.merged
    primary_key: id
    map:
      id: { from: id, type: integer }
      seq: { from: seq, type: integer }
      name: { from: name, type: string }
      top: { from: top, type: decimal }
      low: { from: top, type: decimal }
      size: { from: size, type: number }
      on: { from: on, type: boolean }
      off: { from: on, type: boolean }
      tags: { from: tags, type: json }
      extra: { from: extra, type: json }
      first: { from: name, type: string }
      last: { from: name, type: string }
      edited: { from: name, type: string }
    merge:
      "*": { newest: { by: seq } }
      size: overwrite
      top: max
      low: min
      "on": bool_or
      "off": bool_and
      tags: union
      extra: deep_merge
      first: first_non_null_value
      last: last_non_null_value
      edited: keep_edits
  summed:
    from: in.rows
    to: db.summed
    primary_key: id
    map: { id: { from: id, type: integer }, total: { from: seq, type: integer } }
    merge: { total: sum }
    columns: { synced_at: false }
  added: { from: in.rows, to: db.added, mode: append, map: { seq: { from: seq, type: integer }, name: { from: name, type: string } } }
  listed:
    from: in.all
    to: db.listed
    each: tags
    replace_within: true
    primary_key: [id, tag]
    columns: { run_id: false, synced_at: false }
    map: { id: { from: $record.id, type: integer }, tag: { from: $, type: string }, name: { from: $record.name, type: string } }
  open: { from: in.all, to: db.open, primary_key: id, rest: keep, map: { id: id, size: { from: size, type: number } } }
`;

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 });
const record = fc.record(
  {
    id: fc.integer({ min: 1, max: 5 }),
    name: some(fc.constantFrom('a', 'b', '', "it's é")),
    top: some(fc.constantFrom('9.5', '10.25', '-0.10')),
    size: some(fc.constantFrom(0.1, -2, 1e300, 12345678901234567000)),
    on: some(fc.boolean()),
    tags: some(fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })),
    extra: some(fc.dictionary(fc.constantFrom('p', 'q'), fc.oneof(fc.integer(), fc.constant({ r: 1 })))),
  },
  { requiredKeys: ['id'] },
);

/** What a person does in the tables, also what Syncline never writes. */
const edit = fc.constantFrom(
  "UPDATE merged SET edited = 'mine', top = '99' WHERE id = 1",
  "UPDATE merged SET edited = NULL, name = CAST(X'610062' AS TEXT) WHERE id = 2",
  "UPDATE merged SET name = X'00ff', _run_id = 'by hand' WHERE id = 3",
  'DELETE FROM merged WHERE id = 1',
  "INSERT OR IGNORE INTO merged (id, name, edited) VALUES (4, 'theirs', 'theirs')",
  "UPDATE listed SET name = 'mine' WHERE tag = 'x'",
  "INSERT OR IGNORE INTO listed (id, tag, name) VALUES (1, 'mine', 'é')",
  'UPDATE open SET name = 7 WHERE id = 2',
);

/** What happens before a run: records are added to the file, and a person edits rows. */
export const step = fc.record({
  records: fc.array(record, { maxLength: 6 }),
  edits: fc.array(edit, { maxLength: 2 }),
});

const tables = ['merged', 'summed', 'added', 'listed', 'open'];

/** A folder with a config, a source that grows, and the database it goes to. */
export class Place {
  readonly directory: string;
  readonly runner: Runner;
  /** Keeps the thread of the database for as long as the place is there: starting one takes its time. */
  readonly #held: OpenSink;
  #sequence = 0;

  private constructor(directory: string, runner: Runner, held: OpenSink) {
    this.directory = directory;
    this.runner = runner;
    this.#held = held;
  }

  get config(): Config {
    return this.runner.config;
  }

  static async make(): Promise<Place> {
    const directory = await mkdtemp(join(tmpdir(), 'syncline-history-'));
    await writeFile(join(directory, 'sync.config.yaml'), config);
    await writeFile(join(directory, 'rows.jsonl'), '{"id":0,"seq":0,"name":"first"}\n');
    const runner = await createRunner(await loadConfig({ directory, environment: {} }));
    return new Place(directory, runner, await openTargets({ path: join(directory, 'sync.db') }));
  }

  async remove(): Promise<void> {
    await this.#held.close();
    await this.runner.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  get pipelines() {
    return [...this.config.pipelines.values()];
  }

  async add(records: readonly object[]): Promise<void> {
    const lines = records.map((one) => `${printJson({ seq: ++this.#sequence, ...one } as Value)}\n`);
    await appendFile(join(this.directory, 'rows.jsonl'), lines.join(''));
  }

  async run() {
    return this.runner.run({ pipelines: this.pipelines });
  }

  /** Keeps the rows of every table aside; the function that is returned puts them back. */
  keepRows(): () => void {
    const kept = tables.map((table) => ({ table, ...this.#rows(table) }));
    return () => {
      this.#write((database) => {
        for (const { table, names, rows } of kept) {
          if (names.length === 0) continue;
          database.exec(`DELETE FROM ${table}`);
          for (const values of rows)
            database.exec(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`);
        }
      });
    };
  }

  edit(statements: readonly string[]): void {
    this.#write((database) => {
      for (const sql of statements)
        if (this.#rows(sql.match(tableName)?.[1] ?? '').names.length > 0) database.exec(sql);
    });
  }

  /** All that undoing must bring back: rows, the memory of edits, checkpoints. Null is as good as no column. */
  snapshot(): unknown {
    const rows = tables.map((table) => {
      const { names, rows } = this.#rows(table);
      return rows
        .map((values) =>
          names.flatMap((name, at) => (values[at] === 'NULL' ? [] : [`${name}=${values[at]}`])).join(),
        )
        .sort();
    });
    const ledger = this.#all('SELECT pipeline, checkpoint, run, batch, wrote FROM _syncline_checkpoints');
    const checkpoints = ledger.filter(([, checkpoint, run]) => checkpoint !== '{}' || run !== '');
    return { rows, checkpoints, written: this.#all('SELECT * FROM _syncline_written ORDER BY 1, 2, 3') };
  }

  /** The names and contents of all files, but for those that SQLite shares between processes. */
  files(): string {
    const names = readdirSync(this.directory, { recursive: true, encoding: 'utf8' }).sort();
    const hash = createHash('sha256');
    for (const name of names) {
      const path = join(this.directory, name);
      if (statSync(path).isDirectory() || name.endsWith('-shm') || statSync(path).size === 0) continue;
      hash.update(name).update(readFileSync(path));
    }
    return hash.digest('hex');
  }

  #rows(table: string): { readonly names: string[]; readonly rows: string[][] } {
    const names = this.#all(`SELECT '"' || name || '"' FROM pragma_table_info('${table}')`)
      .flat()
      .map(String);
    const literals = names.map(
      (name) =>
        `CASE typeof(${name}) WHEN 'text' THEN 'CAST(X''' || hex(${name}) || ''' AS TEXT)' ELSE quote(${name}) END`,
    );
    const rows =
      names.length === 0 ? [] : this.#all(`SELECT ${literals.join()} FROM ${table} ORDER BY rowid`);
    return { names, rows: rows as string[][] };
  }

  #all(sql: string): unknown[][] {
    const database = new Database(join(this.directory, 'sync.db'), { timeout: 30_000 });
    try {
      return database.prepare(sql).raw().all() as unknown[][];
    } catch (error) {
      if (/no such table/.test(String(error))) return [];
      throw error;
    } finally {
      database.close();
    }
  }

  #write(work: (database: Database.Database) => void): void {
    const database = new Database(join(this.directory, 'sync.db'), { timeout: 30_000 });
    try {
      work(database);
    } finally {
      database.close();
    }
  }
}

const tableName = /(?:UPDATE|FROM|INTO) (\w+)/;
