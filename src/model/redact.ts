import { Decimal } from './decimal.ts';
import type { Value } from './types.ts';

/** Text without secrets. */
export type Redact = (text: string) => string;

/** Shorter ones are part of too much, and are left in text. */
export const shortestSecret = 4;

/**
 * Takes secrets out of text: as they are, and as URLs, JSON and base64 spell them, in base64 also within a longer
 * text (`user:secret`). `mask` makes what stands in the place of a piece that was found.
 */
export function redactor(secrets: Iterable<string>, mask: Redact = () => '•••'): Redact {
  const forms = new Set([...secrets].filter(({ length }) => length >= shortestSecret).flatMap(spellings));
  if (forms.size === 0) return (text) => text;
  // Of two that begin alike the longer one comes first: else the rest of it would be left.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(literally).join('|'), 'g');
  return (text) => text.replace(pattern, mask);
}

/** A value with all that is in it redacted; names of fields stay as they are. */
export function redactValue(value: Value, redact: Redact): Value {
  if (Array.isArray(value)) return value.map((element) => redactValue(element, redact));
  if (typeof value !== 'object' || value === null || value instanceof Decimal) {
    const text = String(value);
    const redacted = redact(text);
    return redacted === text ? value : redacted;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, redactValue(member, redact)]),
  );
}

/** Every way a secret may be spelt. */
function spellings(secret: string): readonly string[] {
  const whole = secret.toWellFormed();
  const url = encodeURIComponent(whole);
  const form = new URLSearchParams([['', whole]]).toString().slice(1);
  const urls = [url, url.replaceAll('%20', '+'), url.replace(/[!'()*]/g, inPercent), form, encodeURI(whole)];
  // Some write the digits of an escape small.
  const smallUrls = urls.map((text) => text.replace(/%../g, (digits) => digits.toLowerCase()));
  const json = JSON.stringify(secret).slice(1, -1);
  const jsons = [json, json.replace(/[^ -~]/g, inUnicode)].flatMap((text) => [
    text,
    text.replaceAll('/', '\\/'),
  ]);
  const base64 = [0, 1, 2].flatMap((before) => inBase64(secret, before));
  return [secret, ...urls, ...smallUrls, ...jsons, ...base64];
}

function inPercent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** As JSON in ASCII has it. */
function inUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The characters of base64 that are the secret's alone, where this many bytes (modulo 3) come before it. */
function inBase64(secret: string, before: number): readonly string[] {
  const bytes = Buffer.from('\0'.repeat(before) + secret);
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(first, last));
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
