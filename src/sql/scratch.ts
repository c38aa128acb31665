import type { Cell } from '../model/types.ts';
import { keyOf } from '../transform/cells.ts';
import type { LedgerTable } from './dialect.ts';
import { prepareLedger } from './ledger.ts';
import type { Session } from './session.ts';

/** The database that a scratch stands in for, as it is seen from there. */
export interface Beside {
  /** The table of a target, as SQL. */
  table(target: string): string;
  ledger(table: LedgerTable): string;
  hasTable(session: Session, target: string): Promise<boolean>;
  hasLedger(session: Session): Promise<boolean>;
  /** The columns a row is made of, by name. */
  columns(session: Session, target: string): Promise<readonly string[]>;
  /** Makes a table in the scratch that takes and refuses what the one beside does. */
  copyTable(session: Session, target: string): Promise<void>;
  /** Names that are no columns of the table, and can be asked for all the same. */
  readonly places: readonly string[];
}

/** Tables for the moment. */
export interface ScratchDatabase {
  readonly beside: Beside;
  /** Its table of what was taken over, as SQL; made when it is first used. */
  taken(session: Session): Promise<string>;
  /** Does the work, all of it or nothing. */
  try<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Stands in for a database: it takes over the tables it is asked about, and of their rows those it is asked for, each
 * once. What is done there is done by the code that does it in earnest, and to nobody.
 */
export class Scratch {
  readonly #database: ScratchDatabase;

  constructor(database: ScratchDatabase) {
    this.#database = database;
  }

  try<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#database.try(async (session) => {
      await prepareLedger(session);
      return work(session);
    });
  }

  /** Takes over a table with its columns and indexes, and what the ledger knows of them. */
  async takeTable(session: Session, target: string): Promise<void> {
    if ((await this.#untaken(session, 'table', [[target]])).length === 0) return;
    const { beside } = this.#database;
    if (await beside.hasTable(session, target)) await beside.copyTable(session, target);
    if (!(await beside.hasLedger(session))) return;
    const { ledger, nameOf } = session.dialect;
    const sql = `INSERT INTO ${ledger('columns')} SELECT * FROM ${beside.ledger('columns')} WHERE target = ?`;
    await session.run(sql, [nameOf(target)]);
  }

  /** Takes over the rows whose columns hold one of the tuples. */
  async takeRows(
    session: Session,
    target: string,
    columns: readonly string[],
    tuples: readonly (readonly Cell[])[],
  ): Promise<void> {
    const { beside } = this.#database;
    if (columns.length === 0 || !(await beside.hasTable(session, target))) return;
    const { dialect } = session;
    const table = (await dialect.findTable(session, target)) ?? new Map();
    const all = await beside.columns(session, target);
    // A key that the table has no column for yet names no row.
    if (!columns.every((column) => all.includes(column) || beside.places.includes(column))) return;
    const fresh = await this.#untaken(session, `${target} ${columns.join()}`, tuples);
    const names = [...new Set([...columns, ...all])].map(dialect.quote);
    const declared = columns.map((column) => String(table.get(column)?.declared ?? ''));
    const matches = columns.map((column, index) =>
      dialect.exactly(`t.${dialect.quote(column)}`, `v.column${index + 1}`),
    );
    const taken = names.map((name) => `t.${name}`).join(', ');
    for (const chunk of dialect.inChunks(fresh, columns.length)) {
      const values = dialect.tuples(chunk, declared);
      await session.run(
        `INSERT INTO ${dialect.table(target)} (${names.join(', ')}) ${dialect.overriding}
        SELECT ${taken} FROM (${values.sql}) AS v
        ${dialect.join} ${beside.table(target)} AS t ON ${matches.join(' AND ')} ON CONFLICT DO NOTHING`,
        values.parameters,
      );
    }
  }

  /** Takes over what is remembered of rows, by the names the memory has for them. */
  async takeMemory(session: Session, target: string, rows: readonly string[]): Promise<void> {
    const { beside } = this.#database;
    if (!(await beside.hasLedger(session))) return;
    const { dialect } = session;
    const written = beside.ledger('written');
    if ((await session.all(`SELECT 1 FROM ${written} LIMIT 1`)).length === 0) return;
    const names = rows.map((row) => [row]);
    for (const chunk of dialect.inChunks(await this.#untaken(session, `${target} memory`, names), 1)) {
      const values = dialect.tuples(chunk, ['text']);
      const sql = `INSERT INTO ${dialect.ledger('written')} SELECT w.* FROM (${values.sql}) AS v
        ${dialect.join} ${written} AS w ON w.target = ? AND w.row = v.column1`;
      await session.run(sql, [...values.parameters, dialect.nameOf(target)]);
    }
  }

  /** Takes over a table with all its rows, and what is remembered of them: for what looks at every row. */
  async takeWhole(session: Session, target: string): Promise<void> {
    await this.takeTable(session, target);
    const { beside } = this.#database;
    if ((await this.#untaken(session, 'whole', [[target]])).length === 0) return;
    const { dialect } = session;
    if (await beside.hasTable(session, target)) {
      const names = (await beside.columns(session, target)).map(dialect.quote).join(', ');
      await session.run(
        `INSERT INTO ${dialect.table(target)} (${names}) ${dialect.overriding} SELECT ${names} FROM ${beside.table(target)}
        WHERE true ON CONFLICT DO NOTHING`,
      );
    }
    if (!(await beside.hasLedger(session))) return;
    const sql = `INSERT INTO ${dialect.ledger('written')} SELECT * FROM ${beside.ledger('written')} WHERE target = ?
      ON CONFLICT DO NOTHING`;
    await session.run(sql, [dialect.nameOf(target)]);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Those that were not asked for before. */
  async #untaken<Tuple extends readonly Cell[]>(
    session: Session,
    what: string,
    tuples: readonly Tuple[],
  ): Promise<readonly Tuple[]> {
    const { dialect } = session;
    const taken = await this.#database.taken(session);
    const byKey = new Map(tuples.map((tuple) => [keyOf(tuple), tuple]));
    const fresh: Tuple[] = [];
    for (const chunk of dialect.inChunks([...byKey.keys()], 2)) {
      const values = dialect.tuples(
        chunk.map((key) => [what, key]),
        ['text', 'text'],
      );
      const sql = `INSERT INTO ${taken} SELECT * FROM (${values.sql}) AS v WHERE true ON CONFLICT DO NOTHING RETURNING key`;
      for (const [key] of await session.all(sql, values.parameters)) {
        const tuple = byKey.get(String(key));
        if (tuple !== undefined) fresh.push(tuple);
      }
    }
    return fresh;
  }
}
