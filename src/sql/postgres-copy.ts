import type { Client, Connection, Submittable } from 'pg';
import type { Row } from '../model/types.ts';
import type { Stamp } from './dialect.ts';
import { toWritable } from './postgres-values.ts';

/** For fewer rows an INSERT is done before COPY would have begun. */
export const fewestToCopy = 50;

/** Sends text to a COPY … FROM STDIN, and returns how many rows were written. */
export function copyInto(client: Client, sql: string, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new Copy(sql, text, resolve, reject));
  });
}

/** What the driver has of a connection in the state of COPY. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** A COPY … FROM STDIN as the driver runs it: it calls these methods with what the server answers. */
class Copy implements Submittable {
  readonly #sql: string;
  readonly #text: string;
  readonly #resolve: (rows: number) => void;
  readonly handleError: (error: unknown) => void;
  #rows = 0;

  constructor(sql: string, text: string, resolve: (rows: number) => void, reject: (error: unknown) => void) {
    this.#sql = sql;
    this.#text = text;
    this.#resolve = resolve;
    this.handleError = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.#text));
    connection.endCopyFrom();
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(/^COPY ([0-9]+)$/.exec(text)?.[1]);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#rows);
  }
}

/** Rows as the text that COPY reads. Throws `sql/value` for what a column would change. */
export function copyText(
  rows: readonly Row[],
  declared: readonly string[],
  stamps: readonly Stamp[],
): string {
  const columns = declared.map(toWritable);
  const end = `${stamps.map(({ value }) => `\t${escaped(value)}`).join('')}\n`;
  let text = '';
  for (const row of rows) {
    let before = '';
    for (let place = 0; place < columns.length; place++) {
      const value = columns[place]?.(row[place]) ?? null;
      text += before + (value === null ? '\\N' : escaped(value));
      before = '\t';
    }
    text += end;
  }
  return text;
}

function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : text;
}

const escapes: { readonly [character: string]: string } = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};
