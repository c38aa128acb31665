import type { Logger, ReadRequest, Value } from 'syncline';
import type { Client, HttpRequest, HttpResponse, Verdict } from 'syncline/http';
import { type Home, requestAt, tidyAddress } from './address.ts';
import { emptyPage, type Page, readPage } from './answer.ts';
import { CallCounter } from './calls.ts';
import { type Pagination, toPagination } from './pagination-options.ts';
import { fingerprint, type Step } from './position.ts';
import { type RangeOptions, rangeSent } from './range.ts';
import { buildRequest, checkStream, methodOf, type Sent } from './request.ts';
import { compileRules, type Rule, verdictOf } from './rules.ts';
import type { HttpStream } from './stream-options.ts';
import { compileExpiry } from './sync-token.ts';

/** An open source. */
export interface Io {
  readonly client: Client;
  readonly home: Home;
  /** How its streams are paginated that do not say. */
  readonly pagination: string | Pagination;
  readonly logger: Logger;
  /** The streams of which was told what `auto` found. */
  readonly told: Set<string>;
}

export interface Answer {
  readonly page: Page;
  /** The fingerprint of its records, where it has some. It takes a while: the next page may be asked for first. */
  print(): string | undefined;
  /** Why a rule ends the read here. */
  readonly ended?: string;
  /** For people, without secrets: `GET /contacts?cursor=… 200 in 180 ms`. */
  readonly detail: string;
}

/** Asks for the pages of one read. */
export class Asking {
  readonly calls = new CallCounter();
  readonly stream: HttpStream;
  readonly pagination: Pagination;
  /** The method and path, for messages. */
  readonly place: string;
  /** A fingerprint of all that is asked for, whatever the page. */
  readonly identity: string;
  readonly #io: Io;
  readonly #sent: readonly Sent[];
  readonly #rule: (response: HttpResponse) => Rule | undefined;
  readonly #expiry: ((response: HttpResponse) => void) | undefined;

  constructor(io: Io, request: ReadRequest<HttpStream>) {
    const { options: stream, cursor, cursorOptions = {}, token } = request;
    checkStream(stream);
    const { sync_token } = stream;
    this.#io = io;
    this.stream = stream;
    this.pagination = toPagination(stream.pagination ?? io.pagination);
    this.place = `${methodOf(stream)} ${pathOf(stream.path)}`;
    const isSynced = token !== undefined && sync_token !== undefined;
    this.#sent = [
      // The schema of `incremental` has these keys.
      ...rangeSent(cursor, cursorOptions as RangeOptions),
      ...(isSynced ? [{ name: sync_token.param, value: token }] : []),
    ];
    this.#rule = compileRules(stream.rules ?? []);
    this.#expiry = isSynced ? compileExpiry(sync_token) : undefined;
    const sent = this.#sent.map((one) => ({ ...one }));
    const asked = { ...stream, rules: undefined, pagination: this.pagination };
    this.identity = fingerprint({ base_url: io.home.base_url, asked, sent } as unknown as Value);
  }

  /** Asks for a page; `pagination` is the declared one, or what `auto` found in its place. */
  async ask(step: Step, pagination: Pagination, signal: AbortSignal): Promise<Answer> {
    const request = { ...this.#requestFor(step, pagination), signal };
    const judge = (response: HttpResponse) => this.#judge(response);
    const response = await this.#io.client.request(this.calls.counted({ ...request, judge }));
    this.calls.page();
    const detail = this.#detail(step, pagination, response);
    const rule = this.#rule(response);
    const isGood = response.status >= 200 && response.status < 300;
    const ends = rule?.then === 'ignore' || rule?.then === 'stop';
    const ended = ends ? `a rule says \`${rule.then}\` of the status ${response.status}` : undefined;
    if (ended !== undefined && (rule?.then === 'ignore' || !isGood))
      return { page: emptyPage(response), print: () => undefined, ended, detail };
    const page = await readPage(response, this.stream, this.place);
    return { page, print: printOf(page), ended, detail };
  }

  /** A step as it is remembered: without the secrets that an address in an answer may repeat. */
  tidy(step: Step): Step {
    return step.url === undefined
      ? step
      : { url: tidyAddress(new URL(step.url), this.stream, this.#io.home) };
  }

  #requestFor({ url, value }: Step, { in: place, param, limit, limit_param, type }: Pagination): HttpRequest {
    const sent: Sent[] = [...this.#sent];
    if (limit !== undefined) sent.push({ name: limit_param ?? 'limit', value: limit, in: place });
    if (value !== undefined) sent.push({ name: param ?? type, value, in: place });
    const request = buildRequest(this.stream, sent);
    return url === undefined ? request : requestAt(url, request, this.stream, this.#io.home);
  }

  #judge(response: HttpResponse): Verdict | undefined {
    this.#expiry?.(response);
    const rule = this.#rule(response);
    return rule === undefined ? undefined : verdictOf(rule);
  }

  #detail({ url, value }: Step, { param, type }: Pagination, { status }: HttpResponse): string {
    const shown = typeof value === 'number' ? value : '…';
    const query = value === undefined ? (url === undefined ? '' : '?…') : `?${param ?? type}=${shown}`;
    return `${this.place}${query} ${status} in ${this.calls.last?.ms ?? 0} ms`;
  }
}

function printOf({ records }: Page): Answer['print'] {
  let print: string | undefined;
  return () => {
    if (records.length > 0) print ??= fingerprint(records as Value);
    return print;
  };
}

function pathOf(path: string): string {
  return path.replace(/[?#].*/s, '');
}
