import { compilePath, Decimal, type SourceRecord, SyncError, type Value } from 'syncline';

import type { HttpStream } from './stream-options.ts';

type Fields = { readonly [name: string]: Value };

/**
 * The records in a body: an array at the path, or one object there; null is none. What is not there, or is an error in
 * the place of records, throws a SyncError `source/records`.
 */
export function findRecords(
  body: Value,
  { records: path, on_missing }: Pick<HttpStream, 'records' | 'on_missing'>,
  place: string,
): readonly SourceRecord[] {
  if (path === undefined && !Array.isArray(body)) throw undeclared(body, place);
  const there = compilePath(path ?? '$')(body);
  const found = there === undefined && on_missing === 'empty' && isFields(body) ? null : there;
  const records = found === null ? [] : isFields(found) && path !== undefined ? [found] : found;
  const isEmpty = !Array.isArray(records) || records.length === 0 || found === body;
  const failure = isEmpty ? failureIn(body) : undefined;
  if (failure !== undefined) throw refused(`${place} answered with an error: ${failure}`);
  if (!Array.isArray(records)) throw notThere(body, found, path ?? '$', place);
  const wrong = records.findIndex((record) => !isFields(record));
  if (wrong >= 0)
    throw refused(`element ${wrong + 1} of \`records: ${path ?? '$'}\` in ${place} is not an object`);
  return records;
}

/** The message of an error that stands in the place of what was asked for, as many APIs and GraphQL write it. */
function failureIn(body: Value): string | undefined {
  if (!isFields(body)) return undefined;
  const found = ['errors', 'error'].map((name) => (Object.hasOwn(body, name) ? body[name] : undefined));
  return found.map(messageOf).find((message) => message !== undefined);
}

function messageOf(error: Value | undefined): string | undefined {
  if (typeof error === 'string') return error === '' ? undefined : short(error);
  if (Array.isArray(error)) return error.map(messageOf).find((message) => message !== undefined);
  if (error === true) return 'true';
  if (!isFields(error)) return undefined;
  const named = ['message', 'error_description', 'detail', 'title', 'code'].map((name) => error[name]);
  const text = named.find((value) => typeof value === 'string' || typeof value === 'number');
  if (text !== undefined) return short(String(text));
  return Object.keys(error).length === 0 ? undefined : `an object with ${listed(Object.keys(error))}`;
}

function undeclared(body: Value, place: string): SyncError {
  const failure = failureIn(body);
  if (failure !== undefined) return refused(`${place} answered with an error: ${failure}`);
  if (!isFields(body)) return refused(`${place} answered with no records: the body is ${kindOf(body)}`);
  const arrays = arraysIn(body, []);
  const advice =
    arrays.length === 0
      ? 'There is no array in it; `records: $` takes the body as one record.'
      : `Write one of the arrays in it: ${arrays.map((path) => `\`records: ${path}\``).join(', ')}.`;
  return refused(`the body of ${place} is an object with ${listed(Object.keys(body))}`, advice);
}

function notThere(body: Value, found: Value | undefined, path: string, place: string): SyncError {
  const what = found === undefined ? 'nothing' : kindOf(found);
  const keys = isFields(body) ? `; the body has ${listed(Object.keys(body))}` : '';
  const arrays = arraysIn(body, []);
  const advice = arrays.length === 0 ? undefined : `It has these arrays: ${arrays.join(', ')}.`;
  return refused(`${place} has ${what} at \`records: ${path}\`${keys}`, advice);
}

function refused(message: string, hint?: string): SyncError {
  return new SyncError('source/records', message, { hint });
}

/** Arrays that lie deeper are no likely records. */
const deepest = 4;

function arraysIn(value: Value, names: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return [names.length === 0 ? '$' : names.join('.')];
  if (!isFields(value) || names.length === deepest) return [];
  return Object.entries(value)
    .flatMap(([name, member]) => arraysIn(member, [...names, asName(name)]))
    .slice(0, 10);
}

function asName(name: string): string {
  return /^[^$.[\]"]+$/.test(name) ? name : `[${JSON.stringify(name)}]`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no keys';
  const shown = names.slice(0, 10).map(short).join(', ');
  return `${names.length === 1 ? 'the key' : 'the keys'} ${shown}${names.length > 10 ? ', …' : ''}`;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/[. ]+$/, '');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? 'a text' : typeof value === 'boolean' ? 'a boolean' : 'a number';
}

export function isFields(value: Value | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}
