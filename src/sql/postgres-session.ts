import type { Client, CustomTypesConfig } from 'pg';
import type { SqlValue } from './libsql.ts';
import { copyInto } from './postgres-copy.ts';
import { type Held, type PostgresSchemas, postgresDialect } from './postgres-dialect.ts';
import { toParameter } from './postgres-values.ts';
import type { Session } from './session.ts';

/** Every value as the text the server sent: the driver's own parsing would round some. */
export const asText: CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** The connection as those need it who ask about a target whose ledger lies in such a schema. */
export function sessionOf(client: Client, schemas: PostgresSchemas, ledger: string, held?: Held): Session {
  const query = (sql: string, parameters: readonly unknown[] = []) =>
    client.query<SqlValue[]>({
      text: numbered(sql),
      values: parameters.map(toParameter),
      rowMode: 'array',
      types: asText,
    });
  return {
    dialect: postgresDialect(schemas, ledger, held),
    all: async (sql, parameters) => (await query(sql, parameters)).rows,
    async run(sql, parameters) {
      if (changesCatalogue.test(sql)) held?.notes.forget();
      return (await query(sql, parameters)).rowCount ?? 0;
    },
    copy: (sql, text) => copyInto(client, sql, text),
  };
}

const changesCatalogue = /^\s*(CREATE|ALTER|DROP)\b/i;

/** Every `?` outside of quotes as `$1`, `$2`, …. */
export function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/"[^"]*"|'[^']*'|\?/g, (found) => {
    if (found !== '?') return found;
    count += 1;
    return `$${count}`;
  });
}
