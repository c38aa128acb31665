import type { Client, QueryResult } from 'pg';
import { SyncError } from '../model/errors.ts';
import { quoteTable } from './postgres-catalog.ts';
import { type Held, holdSql, type PostgresSchemas, tableName } from './postgres-dialect.ts';
import { conflictOf, isLost, toSyncError } from './postgres-error.ts';
import { TableNotes } from './postgres-notes.ts';
import { sessionOf } from './postgres-session.ts';
import { type Address, parsePostgresUrl } from './postgres-url.ts';
import { watch } from './postgres-watch.ts';
import type { Session, Transactions } from './session.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Where relative paths in the URL start. */
  readonly directory: string;
  /** Where ledgers lie; undefined: with the tables of their targets. */
  readonly ledgerSchema?: string;
  /** How long a lock held elsewhere is waited for, and a server that says nothing, in milliseconds. */
  readonly patience?: number;
}

const defaultPatience = 30_000;
const connectTimeout = 15_000;
/** The few rows of a batch are found by their index, also where reading the whole table looks as cheap to the planner. */
const writing = 'BEGIN; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off';
const snapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
/** How often work is begun anew after a conflict with another writer. */
const mostAttempts = 10;

/** Holds for one transaction, so that a pooler between us and the server is left as it was. */
const settings = [
  "TimeZone = 'UTC'",
  "DateStyle = 'ISO, YMD'",
  "IntervalStyle = 'postgres'",
  "bytea_output = 'hex'",
  'extra_float_digits = 1',
];

/** A COMMIT was sent and the connection lost: it may have landed or not. */
class CommitLost extends Error {}

/** A PostgreSQL database. Connections are opened when they are needed, kept, and dropped after any error. */
export class Postgres {
  readonly #address: Address;
  readonly #ledgerSchema: string | undefined;
  readonly #settings: string;
  readonly #where: string;
  readonly #patience: number;
  readonly #idle: Client[] = [];
  readonly #notes = new Map<string, TableNotes>();
  #usual: Promise<string> | undefined;

  constructor({ url, directory, ledgerSchema, patience = defaultPatience }: PostgresOptions) {
    this.#address = parsePostgresUrl(url, directory);
    this.#ledgerSchema = ledgerSchema;
    this.#patience = patience;
    const all = [...settings, `lock_timeout = ${patience}`].map((setting) => `SET LOCAL ${setting}`);
    this.#settings = all.join('; ');
    const { host = 'localhost', port = 5432, database = '' } = this.#address;
    this.#where = `the database ${database} at ${host}:${port}`;
  }

  /** The transactions in which a target is written. */
  at(target: string): Transactions {
    return {
      transaction: async (work, landed = async () => undefined) =>
        this.#transaction(await this.ledgerOf(target), work, landed, target),
    };
  }

  /** The transactions in which the ledger of a schema is written. */
  in(ledger: string): Transactions {
    return {
      transaction: (work, landed = async () => undefined) => this.#transaction(ledger, work, landed),
    };
  }

  /** A transaction over the ledger of a schema that is never committed. */
  async trying(ledger: string): Promise<{ readonly session: Session; end(): void }> {
    const schemas = await this.schemas();
    const client = await this.open(writing);
    return { session: sessionOf(client, schemas, ledger), end: () => this.abandon(client) };
  }

  /** Reads in one transaction, for which the ledger is that of a target. */
  async read<Result>(target: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.readLedger(await this.ledgerOf(target), work);
  }

  /** Reads in one transaction, for which the ledger is that of a schema. */
  async readLedger<Result>(schema: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const schemas = await this.schemas();
    return this.reading((client) => work(sessionOf(client, schemas, schema)));
  }

  /** The schemas that have a ledger. */
  async ledgerSchemas(): Promise<readonly string[]> {
    const sql = `SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n
      ON n.oid = c.relnamespace WHERE c.relname = '_syncline_ledger' AND c.relkind = 'r' ORDER BY 1`;
    if (this.#ledgerSchema !== undefined) return [this.#ledgerSchema];
    return this.reading(async (client) => {
      const { rows } = await client.query<[string]>({ text: sql, rowMode: 'array' });
      return rows.map(([schema]) => schema);
    });
  }

  /** A transaction that writes nothing; each of its statements sees what was committed before. */
  async reading<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = await this.open('BEGIN READ ONLY');
    try {
      const result = await work(client);
      await this.release(client);
      return result;
    } catch (error) {
      this.abandon(client);
      throw this.toError(error);
    }
  }

  /** Begins a transaction, for `release` or `abandon` to end: by default one that sees a single moment. */
  async open(begin = snapshot): Promise<Client> {
    const { client } = await this.#open(begin).catch((error) => {
      throw this.toError(error);
    });
    return client;
  }

  /** Ends a transaction that went well; the connection is used again. */
  async release(client: Client): Promise<void> {
    await commit(client);
    this.#idle.push(client);
  }

  /** Ends a connection, whatever is under way: the server rolls it back. */
  abandon(client: Client): void {
    client.end().catch(() => undefined);
  }

  /** An error as one a person can act on. */
  toError(error: unknown): unknown {
    return toSyncError(error instanceof CommitLost ? error.cause : error, this.#where);
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((client) => client.end().catch(() => undefined)));
  }

  /** The schema that the ledger of a target lies in. */
  async ledgerOf(target: string): Promise<string> {
    const schemas = await this.schemas();
    return schemas.ledger ?? tableName(target, schemas).schema;
  }

  async #transaction<Result>(
    ledger: string,
    work: (session: Session) => Promise<Result>,
    landed: (session: Session) => Promise<Result | undefined>,
    target?: string,
  ): Promise<Result> {
    let conflict: string | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(ledger, work, target);
      } catch (error) {
        if (error instanceof CommitLost) return this.#lookUp(ledger, landed, error.cause);
        const met = conflictOf(error);
        const again = met?.startsWith('40') || met !== conflict;
        conflict = met;
        if (met === undefined || !again || attempt === mostAttempts) throw this.toError(error);
      }
    }
  }

  /** After a COMMIT whose outcome is not known: on a new connection, the ledger knows. */
  async #lookUp<Result>(
    ledger: string,
    landed: (session: Session) => Promise<Result | undefined>,
    cause: unknown,
  ): Promise<Result> {
    const failure = this.toError(cause);
    const result = await this.readLedger(ledger, landed).catch(() => {
      throw new SyncError(
        'sql/outcome',
        `${this.#where} was lost during a commit, and cannot tell whether it landed`,
        { hint: 'Make sure that it can be reached, then run again.', cause: failure },
      );
    });
    if (result === undefined) throw failure;
    return result;
  }

  async #attempt<Result>(
    ledger: string,
    work: (session: Session) => Promise<Result>,
    target: string | undefined,
  ): Promise<Result> {
    const schemas = await this.schemas();
    const hold = target === undefined ? '' : holdSql(target, schemas, ledger);
    const { client, row } = await this.#open(writing, hold);
    const held = target === undefined ? undefined : this.#held(quoteTable(tableName(target, schemas)));
    held?.notes.begin(row?.mark);
    try {
      const result = await work(sessionOf(client, schemas, ledger, held));
      await this.release(client);
      return result;
    } catch (error) {
      // Not left to the end of the connection: others wait for what it holds.
      await client.query('ROLLBACK').catch(() => undefined);
      if (held) this.#notes.delete(held.table);
      this.abandon(client);
      throw error;
    }
  }

  #held(table: string): Held {
    const notes = this.#notes.get(table) ?? new TableNotes();
    this.#notes.set(table, notes);
    return { table, notes };
  }

  /** Begins a transaction, and does what else is given; with the first row of what that selects last. */
  async #open(begin: string, more = ''): Promise<{ client: Client; row: { mark?: string } | undefined }> {
    const client = this.#idle.pop() ?? (await this.#connect());
    try {
      const done: unknown = await client.query(`${begin}; ${this.#settings}; ${more}`);
      const last = (done as QueryResult<{ mark?: string }>[]).at(-1);
      return { client, row: last?.rows[0] };
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Where tables lie that are named without a schema. */
  async schemas(): Promise<PostgresSchemas> {
    this.#usual ??= this.reading(async (client) => {
      const { rows } = await client.query<{ schema: string | null }>('SELECT current_schema() AS schema');
      return rows[0]?.schema ?? 'public';
    });
    this.#usual.catch(() => {
      this.#usual = undefined;
    });
    return { usual: await this.#usual, ledger: this.#ledgerSchema };
  }

  /** Whether the server still lets somebody in, or at least says why it does not. */
  async #answers(): Promise<boolean> {
    try {
      this.abandon(await this.#connect());
      return true;
    } catch (error) {
      return !isLost(error);
    }
  }

  async #connect(): Promise<Client> {
    const { ssl, fallback } = this.#address;
    try {
      return await this.#connectWith(ssl);
    } catch (error) {
      if (!fallback || !/does not support SSL/.test(String(error))) throw error;
      return this.#connectWith(false);
    }
  }

  async #connectWith(ssl: Address['ssl']): Promise<Client> {
    const { default: pg } = await import('pg');
    const { fallback: _, ...address } = this.#address;
    const client = new pg.Client({
      ...address,
      ssl,
      keepAlive: true,
      connectionTimeoutMillis: Math.min(connectTimeout, this.#patience),
      fallback_application_name: 'syncline',
    });
    // A connection that is lost while nothing is asked must not end the process, nor be used again.
    client.on('error', () => {
      const place = this.#idle.indexOf(client);
      if (place >= 0) this.#idle.splice(place, 1);
    });
    try {
      await client.connect();
      watch(client, this.#patience, () => this.#answers());
      return client;
    } catch (error) {
      // The server would wait for a login that was given up.
      this.abandon(client);
      throw error;
    }
  }
}

async function commit(client: Client): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (cause) {
    throw isLost(cause) ? new CommitLost('COMMIT failed', { cause }) : cause;
  }
}
