import { SyncError, type Value } from 'syncline';
import type { HttpRequest, Params } from 'syncline/http';
import type { Placement } from './pagination-options.ts';
import { isFields } from './records.ts';
import type { HttpStream, Param } from './stream-options.ts';

/** What is sent beside what the stream declares. */
export interface Sent {
  /** In a JSON body, a path of keys between dots. */
  readonly name: string;
  readonly value: string | number;
  readonly in?: Placement;
}

/** Builds a request; what is sent beside the stream's own takes the place of what has its name, the last one winning. */
export function buildRequest(stream: HttpStream, sent: readonly Sent[]): HttpRequest {
  const placed = sent.map((one) => ({ ...one, in: one.in ?? placementOf(stream) }));
  const of = (place: Placement) => placed.filter((one) => one.in === place);
  const pairs = (place: Placement) => Object.fromEntries(of(place).map(({ name, value }) => [name, value]));
  const body = bodyOf(stream, of('body'));
  const headers = Object.entries(pairs('header')).map(([name, value]) => [name, String(value)]);
  return {
    method: methodOf(stream),
    url: stream.path,
    params: toParams({ ...stream.params, ...pairs('query') }),
    headers: { ...body?.headers, ...stream.headers, ...Object.fromEntries(headers) },
    body: body?.text,
    // It only reads, whatever its method.
    repeatable: true,
    expect: stream.format === 'json' ? 'json' : 'anything',
  };
}

export function methodOf({ method, body, form }: HttpStream): string {
  return method ?? (body === undefined && form === undefined ? 'GET' : 'POST');
}

/** Refuses what cannot be sent, before anything is. */
export function checkStream(stream: HttpStream): void {
  const { method, body, form } = stream;
  const refuse = (message: string, hint: string) => new SyncError('source/option', message, { hint });
  if (body !== undefined && form !== undefined)
    throw refuse('a stream has `body` and `form`, and a request holds one', 'Remove one of them.');
  if (method === 'GET' && placementOf(stream) === 'body')
    throw refuse('a stream has a body, and `method: GET`', 'Leave `method` out, or send it with `params`.');
}

function placementOf({ body, form }: HttpStream): Placement {
  return body === undefined && form === undefined ? 'query' : 'body';
}

function bodyOf(
  { body, form, method }: HttpStream,
  sent: readonly Sent[],
): { readonly text: string; readonly headers: { readonly 'content-type': string } } | undefined {
  if (form !== undefined) {
    const fields = { ...form, ...Object.fromEntries(sent.map(({ name, value }) => [name, value])) };
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { text: new URLSearchParams(pairs).toString(), headers };
  }
  if (body === undefined && sent.length === 0) return undefined;
  if (
    method === 'GET' ||
    (body === undefined && method === undefined) ||
    (sent.length > 0 && !isFields(body ?? {}))
  )
    throw new SyncError('source/option', '`in: body` needs a request whose body is an object', {
      hint: 'Set `method: POST`, and `body` to what else it holds.',
    });
  let filled: Value = body ?? {};
  for (const { name, value } of sent) filled = withValue(filled, name.split('.'), value);
  return { text: JSON.stringify(filled), headers: { 'content-type': 'application/json' } };
}

function withValue(body: Value, [name = '', ...rest]: readonly string[], value: Value): Value {
  const fields = isFields(body) ? body : {};
  const inner = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return { ...fields, [name]: rest.length === 0 ? value : withValue(inner ?? {}, rest, value) };
}

function toParams(params: { readonly [name: string]: Param | readonly Param[] }): Params {
  const entries = Object.entries(params).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(String) : value,
  ]);
  return Object.fromEntries(entries);
}
