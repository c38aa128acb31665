import { compileAnswerCondition, compilePath, SyncError, type Value } from 'syncline';
import type { Page } from './answer.ts';
import { nextLink } from './link.ts';
import type { Pagination } from './pagination-options.ts';
import type { Step } from './position.ts';

/** What comes after a page: how the next one is asked for, or why there is none. */
export type Next = { readonly step: Step } | { readonly stopped: string };

/** What is known of the walk when a page has come. */
export interface Passed {
  /** How this page was asked for. */
  readonly step: Step;
  /** Records so far, this page's too. */
  readonly rows: number;
}

/** Compiles what tells the next page. Only what is declared ends a walk: a short page is a page like any other. */
export function compileNext(pagination: Pagination): (page: Page, passed: Passed) => Next {
  const { stop_when } = pagination;
  const isLast = stop_when === undefined ? undefined : compileAnswerCondition(stop_when);
  const follow = following(pagination);
  return (page, passed) => (isLast?.(page.scope) ? { stopped: '`stop_when` holds' } : follow(page, passed));
}

/** The step to the first page. */
export function firstStep({ type, start }: Pagination): Step {
  if (type === 'page') return { value: start ?? 1 };
  return type === 'offset' ? { value: start ?? 0 } : {};
}

function following(pagination: Pagination): (page: Page, passed: Passed) => Next {
  switch (pagination.type) {
    case 'none':
    case 'auto':
      return () => ({ stopped: 'there is one page' });
    case 'page':
    case 'offset':
      return (page, passed) => counted(pagination, page, passed);
    case 'cursor':
      return byToken(pagination.path ?? '');
    case 'next_url':
      return byAddress(pagination.path ?? '');
    case 'link_header':
      return ({ scope, url }) => addressed(nextLink(scope.headers.link), url, 'the Link header');
    case 'keyset':
      return byField(pagination.field ?? '');
  }
}

function counted(pagination: Pagination, page: Page, { step, rows }: Passed): Next {
  const { type, total, total_pages, start = 1 } = pagination;
  if (page.records.length === 0) return { stopped: 'an empty page' };
  const at = Number(step.value);
  // A total of fewer records than there are here is none: some servers say 0 where they do not count.
  if (total !== undefined && rows === numberAt(page, total))
    return { stopped: `all ${rows} records are here` };
  if (type === 'offset') return { step: { value: at + page.records.length } };
  if (total_pages !== undefined && at - start + 1 >= numberAt(page, total_pages))
    return { stopped: 'it was the last page' };
  return { step: { value: at + 1 } };
}

function byToken(path: string): (page: Page) => Next {
  const read = compilePath(path);
  return ({ scope }) => {
    const token = read(scope.body);
    if (isNothing(token)) return { stopped: 'no next page' };
    if (typeof token === 'number' || typeof token === 'string') return { step: { value: token } };
    if (typeof token === 'bigint') return { step: { value: String(token) } };
    throw unfit(`\`${path}\``, 'holds no token');
  };
}

function byAddress(path: string): (page: Page) => Next {
  const read = compilePath(path);
  return ({ scope, url }) => {
    const address = read(scope.body);
    if (isNothing(address)) return { stopped: 'no next page' };
    if (typeof address !== 'string') throw unfit(`\`${path}\``, 'holds no address');
    return addressed(address, url, `\`${path}\``);
  };
}

function addressed(address: string | undefined, from: string, where: string): Next {
  if (address === undefined || address === '') return { stopped: 'no next page' };
  if (!URL.canParse(address, from)) throw unfit(where, 'holds no address');
  return { step: { url: new URL(address, from).href } };
}

function byField(field: string): (page: Page) => Next {
  const read = compilePath(field);
  return ({ records }) => {
    const last = records.at(-1);
    if (last === undefined) return { stopped: 'an empty page' };
    const value = read(last);
    if (typeof value === 'number' || typeof value === 'string') return { step: { value } };
    if (typeof value === 'bigint') return { step: { value: String(value) } };
    throw unfit(`\`${field}\` of the last record`, 'holds neither text nor a number');
  };
}

/** A number that the body tells under a declared path. */
export function numberAt({ scope }: Page, path: string): number {
  const found = compilePath(path)(scope.body);
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw unfit(`\`${path}\``, 'holds no number');
}

function isNothing(value: Value | undefined): boolean {
  return value === undefined || value === null || value === '' || value === false;
}

function unfit(where: string, what: string): SyncError {
  return new SyncError('source/pagination', `${where} in an answer ${what}`, {
    hint: 'Correct `pagination`, which says what lies there.',
  });
}
