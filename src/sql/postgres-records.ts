import type { Client } from 'pg';
import { SyncError } from '../model/errors.ts';
import { exactNumber, parseJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import type { Batch } from '../plugin/contract.ts';
import type { Clauses } from './cursor-range.ts';
import type { Postgres } from './postgres.ts';
import { quoteTable, relations } from './postgres-catalog.ts';
import { type PostgresSchemas, tableName } from './postgres-dialect.ts';
import { readPages } from './postgres-pages.ts';
import { type KeyColumn, keyAfter, keyClauses, keyPosition, primaryKey } from './postgres-position.ts';
import { type Field, isOf, postgresRange } from './postgres-range.ts';
import { asText, numbered, sessionOf } from './postgres-session.ts';
import { quote } from './quote.ts';
import type { RecordsRequest, Selection } from './records.ts';
import type { Session } from './session.ts';

/** What the rows that are read go by in SQL, apart from any column. */
const rowsName = '_syncline_rows';

/**
 * Reads records from a PostgreSQL database, exactly, as they were when the read began.
 *
 * A table is read in the order of its primary key, whose values are its positions; a query, a view and a table without
 * a key have none. Nor has a read by cursor: an ascending cursor is enough to go on from, and in any other order a row
 * that was changed before the position would be missed. Throws `source/position_lost`, `source/cursor_column`.
 */
export async function* readPostgresRecords(
  database: Postgres,
  from: Selection,
  request: RecordsRequest,
): AsyncGenerator<Batch> {
  const schemas = await database.schemas();
  const client = await database.open();
  let open = true;
  try {
    yield* recordsOf(client, schemas, from, request);
    open = false;
    await database.release(client);
  } catch (error) {
    throw database.toError(error);
  } finally {
    if (open) database.abandon(client);
  }
}

async function* recordsOf(
  client: Client,
  schemas: PostgresSchemas,
  from: Selection,
  request: RecordsRequest,
): AsyncGenerator<Batch> {
  const { cursor, batch } = request;
  const { origin, key } = await originOf(sessionOf(client, schemas, schemas.usual), schemas, from);
  const fields = await fieldsOf(client, origin);
  const positions = cursor === undefined ? key : [];
  const after = request.position === undefined ? undefined : keyAfter(request.position, positions);
  const clauses =
    cursor === undefined ? keyClauses(positions, after, rowsName) : postgresRange(cursor, fields, rowsName);
  const header = fields.map(({ name }) => name);
  const columns = header.map((name) => `${rowsName}.${quote(name)}`);
  const sql = numbered(select(origin, columns, clauses));
  const parameters = clauses.parameters.map((parameter) => (parameter === null ? null : String(parameter)));
  // Rows of a table are counted far faster than read; a query or a view may take as long to count as to read.
  const total = positions.length === 0 ? undefined : await rowsIn(client, origin, clauses, parameters);
  const detail = 'table' in from ? from.table : undefined;
  let { position } = request;
  let count = 0;
  for await (const { rows, bytes } of readPages(client, sql, parameters, batch)) {
    const last = rows.at(-1);
    if (positions.length > 0 && last) position = keyPosition(positions, header, last);
    count += rows.length;
    const records = rows.map((row) => toRecord(fields, row));
    yield { records, bytes, header, position, progress: progressOf(count, total), detail };
  }
  // Without rows, for its columns.
  if (count === 0)
    yield { records: [], bytes: 0, header, position, progress: progressOf(count, total), detail };
}

function progressOf(done: number, total: number | undefined): Batch['progress'] {
  return total === undefined ? undefined : { done, total };
}

/** As many as there are to read: the transaction sees a single moment. */
async function rowsIn(
  client: Client,
  origin: string,
  clauses: Clauses,
  parameters: readonly (string | null)[],
): Promise<number> {
  const text = numbered(select(origin, ['count(*)'], { ...clauses, order: [] }));
  const { rows } = await client.query<[string]>({ text, values: [...parameters], rowMode: 'array' });
  return Number(rows[0]?.[0]);
}

interface Origin {
  /** What stands after FROM. */
  readonly origin: string;
  readonly key: readonly KeyColumn[];
}

async function originOf(session: Session, schemas: PostgresSchemas, from: Selection): Promise<Origin> {
  if ('query' in from) return { origin: `(\n${from.query.replace(/;\s*$/, '')}\n)`, key: [] };
  const name = tableName(from.table, schemas);
  const names = await relations(session, name.schema);
  if (names.includes(name.table)) return { origin: quoteTable(name), key: await primaryKey(session, name) };
  const there = names.slice(0, 20).map((each) => quote(each));
  throw new SyncError('source/table_missing', `there is no table ${quoteTable(name)} in the database`, {
    hint:
      there.length === 0
        ? `The schema ${quote(name.schema)} has no tables that this user may see.`
        : `The schema ${quote(name.schema)} has: ${there.join(', ')}.`,
  });
}

function select(origin: string, expressions: readonly string[], { condition, order }: Clauses): string {
  return [
    `SELECT ${expressions.join(', ')} FROM ${origin} AS ${rowsName}`,
    ...(condition === undefined ? [] : [`WHERE ${condition}`]),
    ...(order.length === 0 ? [] : [`ORDER BY ${order.join(', ')}`]),
  ].join('\n');
}

async function fieldsOf(client: Client, origin: string): Promise<Field[]> {
  const text = `SELECT * FROM ${origin} AS ${rowsName} LIMIT 0`;
  const { fields } = await client.query({ text, values: [], types: asText }).catch((error: unknown) => {
    throw isMistake(error) ? unreadable(error.message, error) : error;
  });
  const names = fields.map(({ name }) => name);
  const repeated = names.find((name, place) => names.indexOf(name) !== place);
  if (repeated !== undefined) throw unreadable(`it returns several columns named ${quote(repeated)}`);
  return fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }));
}

/** The mistakes of a query, all but a missing permission, have one class of SQLSTATE. */
function isMistake(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^42(?!501)/.test(String(error.code));
}

function unreadable(reason: string, cause?: Error): SyncError {
  return new SyncError('source/query', `the query cannot be read: ${reason}`, {
    hint: 'A query is a single SELECT, each column under a name of its own; run it with another client to see what it returns.',
    cause,
  });
}

function toRecord(fields: readonly Field[], row: readonly (string | null)[]): SourceRecord {
  const record: { [field: string]: Value } = {};
  for (const [place, field] of fields.entries()) {
    const text = row[place] ?? null;
    const value = text === null ? null : toValue(text, field);
    // Assigned, this one name would set the prototype instead.
    if (field.name === '__proto__') Object.defineProperty(record, field.name, { value, enumerable: true });
    else record[field.name] = value;
  }
  return record;
}

/** What text PostgreSQL prints stands for. Times get the form of ISO 8601, with the digits they have. */
function toValue(text: string, field: Field): Value {
  if (isOf('boolean', field)) return text === 't';
  if (isOf('float', field)) return Number(text);
  if (isOf('integer', field)) return exactNumber(text);
  if (isOf('numeric', field)) return /^-?[0-9]/.test(text) ? exactNumber(text) : Number(text);
  if (isOf('json', field)) return parseJson(text);
  if (isOf('timestamptz', field)) return isoTime(text).replace(/\+00$/, 'Z');
  return isOf('timestamp', field) ? isoTime(text) : text;
}

/** `infinity`, and years that ISO 8601 has no form for, stay as they are. */
function isoTime(text: string): string {
  return /^[0-9]{4}-/.test(text) && !text.endsWith('BC') ? text.replace(' ', 'T') : text;
}
