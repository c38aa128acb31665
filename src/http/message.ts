import type { Value } from '../model/types.ts';
import type { Auth } from './auth.ts';
import type { Wait } from './budget.ts';
import type { Tried } from './options.ts';

/** By name in lower case; what came several times is joined with a comma. */
export type Headers = { readonly [name: string]: string };

/** The parameters of a query; a list gives its name once for each element. */
export type Params = { readonly [name: string]: string | number | boolean | readonly string[] | undefined };

export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string;
  /** A path below the `base_url`, sent as it is written, or an absolute URL. */
  readonly url: string;
  /** Added to those of the client. */
  readonly headers?: { readonly [name: string]: string };
  /** Added to the query of the URL, percent-encoded. */
  readonly params?: Params;
  /** Its `Content-Type` is the caller's to say. */
  readonly body?: string | Uint8Array;
  /** In the place of the client's. */
  readonly auth?: Auth;
  /** Sent with every try as `Idempotency-Key`, so that the server does once what it is asked several times. */
  readonly idempotency_key?: string;
  /**
   * Whether it may be sent again when it is not known what became of it. Default: where the method says so, or there is
   * an idempotency key. Say `true` of a POST that only reads.
   */
  readonly repeatable?: boolean;
  /** `refuse`: a redirect is an error. Default: it is followed, without credentials where it leads elsewhere. */
  readonly redirects?: 'follow' | 'refuse';
  /** `json`: an answer of status 2xx that is empty (but 204 and 205) or cut off is asked for again, a web page an error. */
  readonly expect?: 'json' | 'anything';
  /** Says of an answer what the rules of HTTP do not know; undefined leaves it to them. May throw. */
  readonly judge?: (response: HttpResponse) => Verdict | undefined;
  /** Default: that of the client. */
  readonly signal?: AbortSignal;
  /** Told of this request what the client is told of all. */
  readonly onTry?: (tried: Tried) => void;
  readonly onWait?: (wait: Wait) => void;
}

/** `accept`: give it to the caller. `retry`: ask again, whatever the method. `refresh`: the same with renewed credentials, once. `fail`: throw. */
export type Verdict = 'accept' | 'retry' | 'refresh' | 'fail';

/** An answer that arrived whole, with its body unpacked. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from, after redirects. It may hold secrets. */
  readonly url: string;
  readonly body: Uint8Array;
  /** In the charset of the `Content-Type`, else UTF-8. Throws a `SyncError` where the bytes are no such text. */
  text(): string;
  /** With exact numbers. Throws a `SyntaxError` or `RangeError` where it is not JSON. */
  json(): Value;
}
