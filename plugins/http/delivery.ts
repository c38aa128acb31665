import { createHash } from 'node:crypto';
import { type Committed, type RefusedRow, type RowBatch, RowsRefused } from 'syncline';
import { printRows } from 'syncline/formats';
import type { Client, HttpResponse } from 'syncline/http';

export interface DeliveryOptions {
  readonly method: string;
  /** Rows of one request. */
  readonly size: number;
}

/** A row that is to be sent: its text, its place in the batch, and what tells it from every other row of the run. */
interface Parcel {
  readonly text: string;
  readonly place: number;
  readonly key: string;
}

/** What an API says of a row that it does not take, and not of the request. */
const ofRows = new Set([400, 409, 413, 422]);
const longestReason = 300;

/** Sends the rows of batches, one request after the other. */
export class Delivery {
  readonly #client: Client;
  readonly #options: DeliveryOptions;
  /** The keys of what was taken of the batch under way: without its refused rows it comes again. */
  #taken = new Set<string>();

  constructor(client: Client, options: DeliveryOptions) {
    this.#client = client;
    this.#options = options;
  }

  async commit(batch: RowBatch): Promise<Committed> {
    const { size } = this.#options;
    const parcels = parcelsOf(batch).filter(({ key }) => !this.#taken.has(key));
    const refused: RefusedRow[] = [];
    for (let first = 0; first < parcels.length; first += size)
      refused.push(...(await this.#send(batch.target.name, parcels.slice(first, first + size))));
    if (refused.length > 0)
      throw new RowsRefused(
        `"${batch.target.name}" refused ${refused.length} of ${batch.rows.length} rows`,
        refused,
      );
    this.#taken = new Set();
    return {
      inserted: batch.rows.length,
      updated: 0,
      unchanged: 0,
      deleted: 0,
      kept: 0,
      schema_changes: [],
    };
  }

  /** Gives the rows that were refused. Which of several it is, their halves tell. */
  async #send(path: string, parcels: readonly Parcel[]): Promise<readonly RefusedRow[]> {
    const [first] = parcels;
    if (first === undefined) return [];
    const response = await this.#client.request({
      method: this.#options.method,
      url: path,
      headers: { 'content-type': 'application/json' },
      body: this.#options.size === 1 ? first.text : `[${parcels.map(({ text }) => text).join(',')}]`,
      idempotency_key: keyOf(parcels),
      judge: ({ status }) => (ofRows.has(status) ? 'accept' : undefined),
    });
    if (!ofRows.has(response.status)) {
      for (const { key } of parcels) this.#taken.add(key);
      return [];
    }
    if (parcels.length === 1) return [{ row: first.place, reason: reasonOf(response) }];
    const half = Math.ceil(parcels.length / 2);
    const front = await this.#send(path, parcels.slice(0, half));
    return [...front, ...(await this.#send(path, parcels.slice(half)))];
  }
}

/**
 * By its text and not by its place: without refused rows a batch comes again with other places. Equal rows are told
 * apart by which of them it is.
 */
function parcelsOf({ target, number, rows }: RowBatch): Parcel[] {
  const printer = printRows('jsonl', target);
  const seen = new Map<string, number>();
  return rows.map((row, place) => {
    const text = printer.print([row], 0).trimEnd();
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    const key = hash([target.run.id, target.pipeline, target.name, String(number), text, String(count)]);
    return { text, place, key };
  });
}

function keyOf(parcels: readonly Parcel[]): string {
  const [first] = parcels;
  return parcels.length === 1 && first ? first.key : hash(parcels.map(({ key }) => key));
}

function hash(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32);
}

function reasonOf(response: HttpResponse): string {
  const said = Buffer.from(response.body.subarray(0, 1_000)).toString('utf8');
  const text = said
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return `the API answered ${response.status}${text === '' ? '' : `: ${text.slice(0, longestReason)}`}`;
}
