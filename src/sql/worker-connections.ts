import type { Connection } from './libsql-connection.ts';

/** The connections of a database's thread, by their number. */
export const connections = new Map<number, Connection>();

export function connection(id: number): Connection {
  const found = connections.get(id);
  if (!found) throw new Error(`connection ${id} is closed`);
  return found;
}
