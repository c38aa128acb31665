import type { Client } from 'pg';
import { SyncError } from '../model/errors.ts';
import type { Postgres } from './postgres.ts';
import { quoteTable, type TableName } from './postgres-catalog.ts';
import { type PostgresSchemas, postgresDialect, tableName } from './postgres-dialect.ts';
import { sessionOf } from './postgres-session.ts';
import type { Beside, ScratchDatabase } from './scratch.ts';
import type { Session } from './session.ts';
import { storedColumns } from './table.ts';

/**
 * Temporary tables that stand in for those of a server. They live in one transaction that is never committed, so that a
 * pooler keeps it together; it locks no row, and no table against more than a change of its columns.
 */
export async function postgresScratch(database: Postgres, target: string): Promise<ScratchDatabase> {
  const schemas = await database.schemas();
  const ledger = schemas.ledger ?? tableName(target, schemas).schema;
  const client = await database.open('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
  const real = sessionOf(client, schemas, ledger);
  try {
    const schema = await temporarySchema(real);
    const session = scratchSession(client, real, schemas, schema);
    let last: Promise<unknown> = Promise.resolve();
    return {
      beside: besideOf(real, schema),
      taken: async () => quoteTable({ schema, table: taken }),
      try(work) {
        const attempt = async () => {
          await real.run('SAVEPOINT plan');
          try {
            const result = await work(session);
            await real.run('RELEASE plan');
            return result;
          } catch (error) {
            await real.run('ROLLBACK TO plan').catch(() => undefined);
            throw database.toError(error);
          }
        };
        // Pipelines are planned side by side, and the connection is one.
        const result = last.then(attempt);
        last = result.catch(() => undefined);
        return result;
      },
      close: async () => database.abandon(client),
    };
  } catch (error) {
    database.abandon(client);
    throw new SyncError('sql/failed', 'this database lets nobody make temporary tables, which a plan needs', {
      hint: 'Grant the user the right TEMPORARY on the database, and plan on its primary server.',
      cause: database.toError(error),
    });
  }
}

const taken = '_syncline_taken';
const counter = '_syncline_counter';

/** The schema that the connection's temporary tables lie in, which is there once there is one. */
async function temporarySchema(session: Session): Promise<string> {
  await session.run(`CREATE TEMPORARY TABLE ${taken}
    (what text NOT NULL, key text NOT NULL, PRIMARY KEY (what, key)) ON COMMIT DROP`);
  await session.run(`CREATE TEMPORARY SEQUENCE ${counter} INCREMENT -1 MAXVALUE -1 START -1`);
  const sql = 'SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()';
  return String((await session.all(sql))[0]?.[0]);
}

function scratchSession(client: Client, real: Session, schemas: PostgresSchemas, schema: string): Session {
  const names = new Map<string, TableName>();
  const place = (target: string): TableName => {
    const { table } = tableName(target, schemas);
    const known = real.dialect.nameOf(target);
    const others = [...names].filter(([name, one]) => name !== known && one.table === table);
    // Tables of one name in several schemas would be one here.
    const made = names.get(known) ?? {
      schema,
      table: others.length === 0 ? table : `_syncline_${names.size}`,
    };
    names.set(known, made);
    return made;
  };
  const dialect = { ...postgresDialect(schemas, schema, undefined, place), hold: async () => undefined };
  return { ...sessionOf(client, schemas, schema), dialect };
}

function besideOf(real: Session, schema: string): Beside {
  const { dialect } = real;
  return {
    table: dialect.table,
    ledger: dialect.ledger,
    // Found, not only looked for: a schema that is not there is an error.
    hasTable: async (_, target) => (await dialect.findTable(real, target)) !== undefined,
    hasLedger: () => dialect.hasLedger(real),
    columns: (_, target) => storedColumns(real, target),
    async copyTable(session, target) {
      const copy = session.dialect.table(target);
      await session.run(`CREATE TABLE ${copy} (LIKE ${dialect.table(target)} INCLUDING ALL)`);
      // A plan takes no number of a sequence: what it would be is not known anyway.
      const counted = `SELECT a.attname FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_attrdef AS d
        ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ?::regclass AND pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%'`;
      const sequence = quoteTable({ schema, table: counter }).replaceAll("'", "''");
      for (const [column] of await session.all(counted, [copy]))
        await session.run(
          `ALTER TABLE ${copy} ALTER COLUMN ${dialect.quote(String(column))} SET DEFAULT nextval('${sequence}')`,
        );
    },
    places: [],
  };
}
