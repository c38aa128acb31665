import { createHash } from 'node:crypto';
import { printJson, SyncError, type Value } from 'syncline';

// Types, not interfaces: only these count as plain values.

/** How a page is asked for, beside what all are: by an address, or a token or number; the first by neither. */
export type Step = { readonly url?: string; readonly value?: string | number };

/** How `auto` found that pages follow one another. */
export type Found = {
  readonly type: 'link_header' | 'next_url' | 'cursor';
  readonly path?: string;
  readonly param?: string;
};

/** Where a walk is, before the page it asks for next. */
export type Place = {
  /** Undefined: all pages were read. */
  readonly step?: Step;
  /** What was read before. */
  readonly pages: number;
  readonly rows: number;
  readonly found?: Found;
  /** So many records of the page were taken, and this is its {@link fingerprint}. */
  readonly taken?: number;
  readonly page?: string;
  /** At the end: the sync token, and why it ended. */
  readonly token?: string;
};

/** Where a read goes on, and the {@link fingerprint} of the request it belongs to: with others a page token means nothing. */
export type HttpPosition = Place & { readonly request: string };

/** The position a source was given, once its shape is sure and it belongs to this request. */
export function toPosition(position: Value, request: string): HttpPosition {
  const found = (position ?? {}) as Partial<HttpPosition>;
  const isOne = ['pages', 'rows'].every((name) => typeof found[name as 'pages'] === 'number');
  if (!isOne || typeof found.request !== 'string')
    throw positionLost('the position it was given is not one of pages');
  if (found.request !== request) throw positionLost('what is asked for is not what was asked for before');
  return found as HttpPosition;
}

export function positionLost(reason: string): SyncError {
  return new SyncError('source/position_lost', `${reason}, so the read cannot go on where it stopped`, {
    hint: 'Run with --all to read everything again.',
  });
}

/** A short text that is equal for what is equal. */
export function fingerprint(value: Value): string {
  return createHash('sha256').update(printJson(value)).digest('base64url').slice(0, 22);
}
