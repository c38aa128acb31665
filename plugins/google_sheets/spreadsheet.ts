import { type Checked, SyncError, type Value } from 'syncline';
import type { Client, HttpResponse, Params, Verdict } from 'syncline/http';

/** A sheet of a spreadsheet: a tab. */
export interface Tab {
  readonly id: number;
  readonly title: string;
  /** How many columns its grid has; cells beyond it cannot be written. */
  readonly width: number;
}

/** A value of a cell as the API gives it; an empty one is an empty text. */
export type SheetValue = string | number | boolean;

/** `formatted`: as people see it, all text. `plain`: numbers and booleans as they are. */
export type Rendering = 'formatted' | 'plain';

/** One change of a spreadsheet, in the words of the API. */
export type Change = { readonly [kind: string]: object };

/** What a request that writes came to: `unclear` when the server may have done it or not. */
export type Outcome = { readonly replies: readonly Value[] } | 'unclear';

/** One spreadsheet, over its API. */
export class Spreadsheet {
  readonly #client: Client;
  readonly #path: string;

  constructor(client: Client, id: string) {
    this.#client = client;
    this.#path = `/v4/spreadsheets/${id}`;
  }

  async describe(): Promise<{ readonly title: string; readonly tabs: readonly Tab[] }> {
    const fields = 'properties.title,sheets.properties(sheetId,title,gridProperties.columnCount)';
    const response = await this.#ask('GET', this.#path, 'the spreadsheet', { params: { fields } });
    const { properties, sheets = [] } = response.json() as unknown as Description;
    return { title: properties.title, tabs: sheets.map(tabOf) };
  }

  async check(): Promise<Checked> {
    const began = performance.now();
    const { title, tabs } = await this.describe();
    const latency_ms = Math.round(performance.now() - began);
    return { detail: `"${title}": ${tabs.map((tab) => tab.title).join(', ')}`, latency_ms };
  }

  /** The rows of a sheet, each up to its last cell that is not empty; undefined when there is no such sheet. */
  async rows(sheet: string, rendering: Rendering): Promise<readonly (readonly SheetValue[])[] | undefined> {
    // Quoted, a name such as A1 is that of a sheet.
    const range = `'${sheet.replaceAll("'", "''")}'`;
    const params = {
      majorDimension: 'ROWS',
      valueRenderOption: rendering === 'formatted' ? 'FORMATTED_VALUE' : 'UNFORMATTED_VALUE',
      dateTimeRenderOption: 'FORMATTED_STRING',
    };
    const url = `${this.#path}/values/${encodeURIComponent(range)}`;
    const response = await this.#send('GET', url, { params });
    if (response.status === 400 && /Unable to parse range/.test(messageOf(response))) return undefined;
    if (response.status >= 400) throw refusalOf(response, `the sheet "${sheet}"`);
    return (response.json() as { readonly values?: SheetValue[][] }).values ?? [];
  }

  /** Makes all of these changes or none. `repeatable`: made twice they come to the same. */
  async change(changes: readonly Change[], sheet: string, repeatable: boolean): Promise<Outcome> {
    const body = JSON.stringify({ requests: changes });
    let isUnclear = false;
    const judge = (response: HttpResponse) => {
      isUnclear = response.status >= 500;
      return ofSheets(response);
    };
    try {
      const response = await this.#ask('POST', `${this.#path}:batchUpdate`, `the sheet "${sheet}"`, {
        body,
        repeatable,
        judge,
      });
      const { replies = [] } = response.json() as { readonly replies?: Value[] };
      return { replies };
    } catch (error) {
      if (isUnclear || (error instanceof SyncError && unclear.has(error.code))) return 'unclear';
      throw error;
    }
  }

  async #ask(method: 'GET' | 'POST', url: string, what: string, more: More): Promise<HttpResponse> {
    const response = await this.#send(method, url, more);
    if (response.status >= 400) throw refusalOf(response, what);
    return response;
  }

  #send(method: 'GET' | 'POST', url: string, { params, body, repeatable, judge = ofSheets }: More) {
    const headers: { readonly [name: string]: string } =
      body === undefined ? {} : { 'content-type': 'application/json' };
    return this.#client.request({ method, url, params, headers, body, repeatable, judge, expect: 'json' });
  }
}

interface More {
  readonly params?: Params;
  readonly body?: string;
  readonly repeatable?: boolean;
  readonly judge?: (response: HttpResponse) => Verdict | undefined;
}

interface Properties {
  readonly sheetId: number;
  readonly title: string;
  readonly gridProperties?: { readonly columnCount?: number };
}

interface Description {
  readonly properties: { readonly title: string };
  readonly sheets?: readonly { readonly properties: Properties }[];
}

export function tabOf({ properties }: { readonly properties: Properties }): Tab {
  const { sheetId: id, title, gridProperties } = properties;
  return { id, title, width: gridProperties?.columnCount ?? 0 };
}

/** After these nobody knows whether the server did what it was asked. */
const unclear: ReadonlySet<string> = new Set(['http/timeout', 'http/cut_off', 'http/connection']);

/** What the API explains is explained further here; a limit of requests is not for here. */
function ofSheets(response: HttpResponse): Verdict | undefined {
  const { status } = response;
  if (status === 400 || status === 404) return errorOf(response) && 'accept';
  return status === 403 && errorOf(response)?.status === 'PERMISSION_DENIED' ? 'accept' : undefined;
}

function errorOf(response: HttpResponse): { readonly message: string; readonly status?: string } | undefined {
  try {
    const { error } = response.json() as {
      readonly error?: { readonly message: string; readonly status?: string };
    };
    return error;
  } catch {
    return undefined;
  }
}

function messageOf(response: HttpResponse): string {
  return errorOf(response)?.message.replace(/\.$/, '') ?? '';
}

const hints: ReadonlyMap<number, string> = new Map([
  [
    403,
    'Share the spreadsheet with the address of the account that asks (of a service account, the `client_email` of its key), then run again.',
  ],
  [404, 'Check `spreadsheet`: the id stands between `/d/` and `/edit` in its address.'],
]);

function refusalOf(response: HttpResponse, what: string): SyncError {
  const { status, url } = response;
  const message = `${new URL(url).host} answered ${status} for ${what}: ${messageOf(response)}`;
  return new SyncError('http/status', message, { hint: hints.get(status) });
}
