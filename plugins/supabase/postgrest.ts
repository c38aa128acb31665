import { type Checked, RateLimited, type RowsCounted, SyncError, type Value } from 'syncline';
import type { Auth, Client, HttpResponse, Params, Verdict } from 'syncline/http';
import { nameOf } from './filter.ts';
import { refusalOf, toldOf } from './refusal.ts';
import { type Table, tablesOf } from './table.ts';

export interface Project {
  /** With `/rest/v1`. */
  readonly base_url: string;
  readonly key: string;
  readonly schema?: string;
}

interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly table: string;
  readonly params?: Params;
  readonly prefer?: string;
  readonly body?: string;
  readonly repeatable?: boolean;
}

/** Rows as they are stored, and how many there are in all. */
export interface Page {
  readonly rows: readonly { readonly [column: string]: Value }[];
  readonly total: number;
}

/** The REST interface of one schema. */
export class PostgRest {
  readonly #client: Client;
  readonly #host: string;
  readonly #headers: { readonly [name: string]: string };
  readonly #auth: Auth;

  constructor(client: Client, { base_url, key, schema }: Project) {
    this.#client = client;
    this.#host = new URL(base_url).host;
    this.#headers = schema === undefined ? {} : { 'accept-profile': schema, 'content-profile': schema };
    const headers = { apikey: key, authorization: `Bearer ${key}` };
    this.#auth = { apply: () => ({ headers, secrets: [key] }) };
  }

  /** What a table is like; undefined where there is none. Its columns are none where the API keeps them to itself. */
  async describe(table: string): Promise<Table | undefined> {
    const document = await this.#openApi().catch((error: unknown) => {
      throw naming(table, error);
    });
    const found = tablesOf(document).get(table);
    return found ?? ((await this.refusalOfReading(table)) ? undefined : { columns: new Map() });
  }

  /** What the API says of a table that it does not know; undefined where it can be read. */
  async refusalOfReading(table: string): Promise<string | undefined> {
    const asked = { method: 'GET', table, params: { limit: 0 } } as const;
    const response = await this.#send(asked);
    if (response.status < 400) return undefined;
    const told = toldOf(response);
    if (told?.code === 'PGRST205' || told?.code === '42P01')
      return `${response.status}, ${told.code}: ${told.message}`;
    throw this.#refusal(asked, response);
  }

  async read(table: string, params: Params): Promise<Page> {
    const asked = { method: 'GET', table, params, prefer: 'count=exact' } as const;
    const response = await this.#ask(asked);
    const [, total] = /\/([0-9]+)$/.exec(response.headers['content-range'] ?? '') ?? [];
    const rows = response.json() as unknown as Page['rows'];
    return { rows, total: total === undefined ? rows.length : Number(total) };
  }

  /** How many rows a table has, those that are not null in this column apart; undefined where there is no such table. */
  async count(table: string, mark: string | undefined): Promise<RowsCounted | undefined> {
    if ((await this.refusalOfReading(table)) !== undefined) return undefined;
    const { total } = await this.read(table, { limit: 0 });
    if (mark === undefined) return { total, deleted: 0 };
    const living = await this.read(table, { and: `(${nameOf(mark)}.is.null)`, limit: 0 });
    return { total, deleted: Math.max(total - living.total, 0) };
  }

  /** `repeatable`: the same rows twice change nothing. */
  async insert(table: string, body: string, params: Params, repeatable: boolean): Promise<void> {
    const prefer = repeatable
      ? 'resolution=merge-duplicates,return=minimal'
      : 'missing=default,return=minimal';
    await this.#ask({ method: 'POST', table, params, prefer, body, repeatable });
  }

  async remove(table: string, params: Params): Promise<void> {
    await this.#ask({ method: 'DELETE', table, params, prefer: 'return=minimal' });
  }

  async check(): Promise<Checked> {
    const began = performance.now();
    const tables = tablesOf(await this.#openApi());
    const latency_ms = Math.round(performance.now() - began);
    return { detail: `${this.#host}: ${tables.size} tables and views`, latency_ms };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #openApi(): Promise<Value> {
    const response = await this.#client.request({
      url: '/',
      headers: { ...this.#headers, accept: 'application/openapi+json' },
      auth: this.#auth,
      expect: 'json',
      judge,
    });
    if (response.status >= 400) throw refusalOf(response, `GET ${this.#host}: the list of tables`);
    return response.json();
  }

  async #ask(asked: Asked): Promise<HttpResponse> {
    const response = await this.#send(asked);
    if (response.status >= 400) throw this.#refusal(asked, response);
    return response;
  }

  #refusal({ method, table }: Asked, response: HttpResponse): Error {
    return refusalOf(response, `${method} ${this.#host}: table "${table}"`);
  }

  #send({ method, table, params, prefer, body, repeatable }: Asked): Promise<HttpResponse> {
    return this.#client.request({
      method,
      url: `/${encodeURIComponent(table)}`,
      params,
      headers: {
        ...this.#headers,
        ...(prefer === undefined ? {} : { prefer }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body,
      repeatable,
      auth: this.#auth,
      expect: method === 'GET' ? 'json' : 'anything',
      judge,
    });
  }
}

/** The same error with the table, for which more was asked than itself. */
function naming(table: string, error: unknown): unknown {
  if (!(error instanceof SyncError) || error instanceof RateLimited) return error;
  const { code, message, hint } = error;
  return new SyncError(code, `table "${table}": ${message}`, { hint, cause: error });
}

/** Answers of the rules of HTTP, whatever is in them: the key is wrong, or it is to be asked later. */
const byRules = new Set([401, 408, 425, 429]);

/** What PostgREST explains is explained further here. */
function judge(response: HttpResponse): Verdict | undefined {
  const { status } = response;
  if (status < 400 || status >= 500 || byRules.has(status)) return undefined;
  return toldOf(response) === undefined ? undefined : 'accept';
}
