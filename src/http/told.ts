import type { Headers } from './message.ts';

/** A server that refuses because it counts, and does not say until when, is not asked again for so long. */
const unsaidReset = 60_000;

/**
 * How long a server asks to be left alone, in milliseconds; undefined where it says nothing that can be understood.
 * `Retry-After` means that only beside a refusal.
 */
export function toldWait(status: number, headers: Headers, now: number): number | undefined {
  const refuses = status >= 400;
  const after = refuses ? retryAfter(headers, now) : undefined;
  if (after !== undefined || !isExhausted(headers)) return after;
  const { reset = '' } = counted(headers);
  return resetWait(reset, serverTime(headers, now)) ?? (refuses ? unsaidReset : undefined);
}

/** Whether a budget that the server counts is used up. */
export function isExhausted(headers: Headers): boolean {
  const { remaining } = counted(headers);
  return remaining !== undefined && Number(remaining) === 0;
}

/**
 * `Retry-After`, in seconds or as a date. A date is measured from the server's own clock where it tells the time, so
 * that neither clock has to be right; one that is past means now.
 */
function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (isAmount.test(text)) return Number(text) * 1000;
  const date = httpDate(text);
  return date === undefined ? undefined : Math.max(0, date - serverTime(headers, now));
}

const isAmount = /^[0-9]+(\.[0-9]+)?$/;

interface Counted {
  readonly remaining?: string;
  readonly reset?: string;
}

/** What is left and when it is filled again: in one header `RateLimit` (`"default";r=0;t=30`), or in two. */
function counted(headers: Headers): Counted {
  const both = headers.ratelimit ?? '';
  const remaining = /(?:^|[;,\s])(?:r|remaining)=([0-9]+)/.exec(both)?.[1];
  if (remaining !== undefined) {
    return { remaining, reset: /(?:^|[;,\s])(?:t|reset)=([0-9]+)/.exec(both)?.[1] };
  }
  for (const prefix of ['ratelimit', 'x-ratelimit', 'x-rate-limit']) {
    const left = headers[`${prefix}-remaining`]?.trim() ?? '';
    if (isAmount.test(left)) return { remaining: left, reset: headers[`${prefix}-reset`]?.trim() };
  }
  return {};
}

/** APIs write a reset as seconds from now, as seconds or milliseconds since 1970, or as a date: size tells which. */
function resetWait(reset: string, now: number): number | undefined {
  if (!isAmount.test(reset)) {
    const date = httpDate(reset) ?? isoDate(reset);
    return date === undefined ? undefined : Math.max(0, date - now);
  }
  const amount = Number(reset);
  if (amount >= 1e11) return Math.max(0, amount - now);
  return amount >= 1e9 ? Math.max(0, amount * 1000 - now) : amount * 1000;
}

function serverTime(headers: Headers, now: number): number {
  return httpDate(headers.date?.trim() ?? '') ?? now;
}

/** One of the three forms of HTTP. `Date.parse` alone would find a date in "soon 1". */
function httpDate(text: string): number | undefined {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  return known(Date.parse(text.endsWith('GMT') ? text : `${text} GMT`));
}

function isoDate(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:?\d\d)$/.test(text) ? known(Date.parse(text)) : undefined;
}

function known(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
