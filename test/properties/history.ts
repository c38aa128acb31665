import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Config, createRunner, loadConfig, printJson, type Runner, type Value } from 'syncline';

/** Pipelines with every strategy, with deletions, without a key, and with columns as they come. */
const configFor = (sink: string) => `version: 1
sources:
  in:
    type: file
    streams:
      rows: { path: rows.jsonl, incremental: { cursor_field: seq } }
      all: rows.jsonl
      now: now.jsonl
sinks: { db: ${sink} }
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
  mirrored: { from: in.now, to: db.mirrored, mode: mirror, primary_key: id, map: { id: { from: id, type: integer }, name: { from: name, type: string } }, deletes: { max: 1000 } }
  exact: { from: in.now, to: db.exact, mode: mirror, primary_key: id, map: { id: { from: id, type: integer }, extra: { from: extra, type: json } }, deletes: { mode: hard, max: 1000 } }
  replaced: { from: in.now, to: db.replaced, mode: replace, primary_key: id, map: { id: { from: id, type: integer }, size: { from: size, type: number } }, deletes: { max: 1000 } }
  keyless: { from: in.now, to: db.keyless, mode: replace, map: { id: { from: id, type: integer }, name: { from: name, type: string } }, deletes: { max: 1000 } }
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
  'UPDATE merged SET edited = NULL, name = {nul} WHERE id = 2',
  "UPDATE merged SET name = {blob}, _run_id = 'by hand' WHERE id = 3",
  'DELETE FROM merged WHERE id = 1',
  "INSERT INTO merged (id, name, edited) VALUES (4, 'theirs', 'theirs') ON CONFLICT DO NOTHING",
  "UPDATE listed SET name = 'mine' WHERE tag = 'x'",
  "INSERT INTO listed (id, tag, name) VALUES (1, 'mine', 'é') ON CONFLICT DO NOTHING",
  'UPDATE open SET name = {number} WHERE id = 2',
  "UPDATE mirrored SET name = 'mine' WHERE id = 1",
  "INSERT INTO mirrored (id, name) VALUES (9, 'theirs') ON CONFLICT DO NOTHING",
  'DELETE FROM exact WHERE id = 0',
  'UPDATE replaced SET size = 77 WHERE id = 2',
  'INSERT INTO keyless (id, name) VALUES (9, {nul})',
);

/** What happens before a run: records are added to the file, and a person edits rows. */
export const step = fc.record({
  records: fc.array(record, { maxLength: 6 }),
  edits: fc.array(edit, { maxLength: 2 }),
  /** The plan is saved, and the run does that. */
  saved: fc.boolean(),
});

const editedTables = ['merged', 'listed', 'open', 'mirrored', 'exact', 'replaced', 'keyless'];
const tables = [...editedTables, 'summed', 'added'];

/** The database that the rows go to, as another client sees it. */
export interface HistoryDatabase {
  readonly sink: string;
  /** Whether a row that is put back lies where it lay: else what has no key can be undone only once. */
  readonly rowsStay: boolean;
  /** What SQL there is for values that Syncline never writes. */
  readonly words: { readonly [word: string]: string };
  /** Empty where there is no such table. */
  columns(table: string): Promise<readonly string[]>;
  /** A column as SQL text that gives its value back. */
  literal(column: string): string;
  all(sql: string): Promise<unknown[][]>;
  write(statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** A folder with a config, a source that grows, and the database it goes to. */
export class Place {
  readonly directory: string;
  readonly runner: Runner;
  readonly #database: HistoryDatabase;
  #sequence = 0;

  private constructor(directory: string, runner: Runner, database: HistoryDatabase) {
    this.directory = directory;
    this.runner = runner;
    this.#database = database;
  }

  get config(): Config {
    return this.runner.config;
  }

  static async make(open: (directory: string) => Promise<HistoryDatabase>): Promise<Place> {
    const directory = await mkdtemp(join(tmpdir(), 'syncline-history-'));
    const database = await open(directory);
    await writeFile(join(directory, 'sync.config.yaml'), configFor(database.sink));
    await writeFile(join(directory, 'rows.jsonl'), '{"id":0,"seq":0,"name":"first"}\n');
    const runner = await createRunner(await loadConfig({ directory, environment: {} }));
    return new Place(directory, runner, database);
  }

  async remove(): Promise<void> {
    await this.runner.close();
    await this.#database.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  get pipelines() {
    const all = [...this.config.pipelines.values()];
    return this.#database.rowsStay ? all : all.filter(({ name }) => name !== 'keyless');
  }

  /** Those whose plans can be saved. */
  get savable() {
    return this.pipelines.filter(({ mode }) => mode !== 'replace');
  }

  async add(records: readonly object[]): Promise<void> {
    const lines = records.map((one) => `${printJson({ seq: ++this.#sequence, ...one } as Value)}\n`);
    await appendFile(join(this.directory, 'rows.jsonl'), lines.join(''));
    await writeFile(join(this.directory, 'now.jsonl'), `{"id":0,"name":"first"}\n${lines.join('')}`);
  }

  /** Keeps the rows of the tables that are edited aside; the function that is returned puts them back. */
  async keepRows(): Promise<() => Promise<void>> {
    const statements: string[] = [];
    for (const table of editedTables) {
      const { names, rows } = await this.#rows(table);
      if (names.length === 0) continue;
      statements.push(`DELETE FROM ${table}`);
      for (const values of rows)
        statements.push(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`);
    }
    return () => this.#database.write(statements);
  }

  async edit(statements: readonly string[]): Promise<void> {
    for (const sql of statements) {
      const there = await this.#database.columns(sql.match(tableName)?.[1] ?? '');
      if (there.length === 0) continue;
      await this.#database.write([sql.replace(/\{(\w+)\}/g, (_, word) => this.#database.words[word] ?? '')]);
    }
  }

  /** All that undoing must bring back: rows, the memory of edits, checkpoints. Null is as good as no column. */
  async snapshot(): Promise<unknown> {
    const rows: string[][] = [];
    for (const table of tables) {
      const { names, rows: all } = await this.#rows(table);
      const lines = all.map((values) =>
        names.flatMap((name, at) => (values[at] === 'NULL' ? [] : [`${name}=${values[at]}`])).join(),
      );
      rows.push(lines.sort());
    }
    const ledger = await this.#database.all(
      'SELECT pipeline, checkpoint, run, batch, wrote FROM _syncline_checkpoints',
    );
    // What begins to read from its beginning says so in the ledger.
    const anew = /^(mirrored|exact|replaced|keyless)$/;
    const checkpoints = ledger
      .map(([name, checkpoint, ...at]) => [name, checkpoint, ...(anew.test(String(name)) ? [''] : at)])
      .filter(([, checkpoint, run]) => checkpoint !== '{}' || run !== '')
      .sort();
    return {
      rows,
      checkpoints,
      written: await this.#database.all('SELECT * FROM _syncline_written ORDER BY 1, 2, 3'),
    };
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

  async #rows(table: string): Promise<{ readonly names: string[]; readonly rows: string[][] }> {
    const names = (await this.#database.columns(table)).map((name) => `"${name}"`);
    if (names.length === 0) return { names, rows: [] };
    const literals = names.map((name) => this.#database.literal(name));
    const rows = await this.#database.all(`SELECT ${literals.join()} FROM ${table}`);
    return { names, rows: rows as string[][] };
  }
}

const tableName = /(?:UPDATE|FROM|INTO) (\w+)/;
