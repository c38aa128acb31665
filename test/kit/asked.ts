/** What a request asks for, taken apart, and what is wrong with it. */

import type { Asked, Route } from './fake-api.ts';
import type { Parameters } from './parameters.ts';

interface Wrong {
  readonly where: 'query' | 'body';
  readonly name: string;
  readonly problem: string;
}

/** What stands for a value that is there twice, or that is no text: no check lets it pass. */
const unreadable = '\u0000unreadable';

/** The values by name, decoded and as they came. */
export function parseQuery(search: string) {
  const query: { [name: string]: string } = {};
  const raw: { [name: string]: string } = {};
  for (const part of search.split('&').filter((pair) => pair !== '')) {
    const [name = '', ...rest] = part.split('=');
    const value = rest.join('=');
    const key = decoded(name);
    raw[key] = value;
    query[key] = key in query ? unreadable : decoded(value);
  }
  return { query, raw };
}

export function parseBody(body: string, type = ''): { readonly [name: string]: unknown } {
  if (type.startsWith('application/x-www-form-urlencoded')) return parseQuery(body).query;
  const value = type.startsWith('application/json') ? parsed(body) : undefined;
  return isObject(value) ? value : {};
}

export function wrongParameter(route: Route, asked: Asked): Wrong | undefined {
  const query = firstWrong(route.query ?? {}, asked.query);
  if (query !== undefined) return { where: 'query', ...query };
  const declared = route.json ?? route.form;
  if (declared === undefined) return undefined;
  const body = notOfItsKind(route, asked) ?? firstWrong(declared, asked.fields);
  return body === undefined ? undefined : { where: 'body', ...body };
}

function notOfItsKind(route: Route, { headers, body }: Asked): Omit<Wrong, 'where'> | undefined {
  const type = route.json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  if (!headers['content-type']?.startsWith(type)) return { name: '', problem: `must be ${type}` };
  return route.json === undefined || isObject(parsed(body))
    ? undefined
    : { name: '', problem: 'must be object' };
}

function firstWrong(declared: Parameters, given: { readonly [name: string]: unknown }) {
  for (const [name, value] of Object.entries(given)) {
    const parameter = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (parameter === undefined) return { name, problem: 'unknown' };
    const problem = value === unreadable ? 'must be given once, as text' : parameter.problem(value);
    if (problem !== undefined) return { name, problem };
  }
  const missing = Object.keys(declared).find((name) => declared[name]?.required && given[name] === undefined);
  return missing === undefined ? undefined : { name: missing, problem: 'missing' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return unreadable;
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
