import { compilePath, SyncError, type Value } from 'syncline';
import type { Page } from './answer.ts';
import { nextLink } from './link.ts';
import type { Pagination } from './pagination-options.ts';
import { isFields } from './records.ts';

/** Where addresses of next pages usually lie. */
const addresses = [
  'next',
  'next_url',
  'nextUrl',
  'next_page_url',
  'nextPageUrl',
  'next_link',
  'nextLink',
  'next_page',
  '["@odata.nextLink"]',
  '["odata.nextLink"]',
  'links.next',
  'links.next.href',
  '_links.next',
  '_links.next.href',
  'paging.next.link',
  'paging.next',
  'pagination.next',
  'pagination.next_url',
  'pagination.next_link',
  'meta.next',
  'meta.next_url',
  'info.next',
];

/** Where tokens of next pages usually lie, and the parameters they are sent as. */
const tokens: readonly (readonly [path: string, param: string])[] = [
  ['next_cursor', 'cursor'],
  ['nextCursor', 'cursor'],
  ['next_page_token', 'page_token'],
  ['nextPageToken', 'pageToken'],
  ['next_starting_after', 'starting_after'],
  ['nextToken', 'nextToken'],
  ['next_token', 'next_token'],
  ['continuationToken', 'continuationToken'],
  ['meta.next_cursor', 'cursor'],
  ['meta.nextCursor', 'cursor'],
  ['metadata.nextPageToken', 'pageToken'],
  ['metadata.next_cursor', 'cursor'],
  ['response_metadata.next_cursor', 'cursor'],
  ['pagination.next_cursor', 'cursor'],
  ['pagination.nextCursor', 'cursor'],
  ['paging.next.after', 'after'],
  ['paging.cursors.after', 'after'],
];

/** What says that there is more, and not how to get it. */
const hints = [
  'has_more',
  'hasMore',
  'has_next',
  'hasNext',
  'hasNextPage',
  'meta.has_more',
  'pagination.has_more',
  'pagination.has_next',
  'pagination.hasMore',
];

/** How a first page shows the next one; undefined where it shows none. */
export function detect({ scope }: Page): Pagination | undefined {
  if (nextLink(scope.headers.link) !== undefined) return { type: 'link_header' };
  const { body } = scope;
  if (!isFields(body)) return undefined;
  const address = addresses.find((path) => isAddress(valueAt(body, path)));
  if (address !== undefined) return { type: 'next_url', path: address };
  const token = tokens.find(([path]) => isToken(valueAt(body, path)));
  if (token !== undefined) return { type: 'cursor', path: token[0], param: token[1] };
  const unknown =
    hints.find((path) => valueAt(body, path) === true) ??
    addresses.find((path) => isToken(valueAt(body, path)));
  if (unknown !== undefined) throw unclear(unknown);
  return undefined;
}

/** What was found, for people. */
export function tellDetected(found: Pagination | undefined): string {
  if (found === undefined) return 'nothing in the answer tells of a next page, so one page is all';
  const { type, path, param } = found;
  if (type === 'link_header') return 'the next page is in the Link header (`link_header`)';
  return type === 'next_url'
    ? `the address of the next page is at \`${path}\` (\`next_url\`)`
    : `the token of the next page is at \`${path}\`, and sent as \`${param}\` (\`cursor\`)`;
}

function valueAt(body: Value, path: string): Value | undefined {
  return compilePath(path)(body);
}

function isAddress(value: Value | undefined): boolean {
  return typeof value === 'string' && /^(https?:\/\/|\/|\?)/i.test(value);
}

function isToken(value: Value | undefined): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function unclear(path: string): SyncError {
  return new SyncError(
    'source/pagination',
    `\`${path}\` in the answer says that there are more pages, and not in a way that \`auto\` knows`,
    {
      hint: 'Declare how the API tells the next page, such as `pagination: { type: cursor, param: cursor, path: next }`; `none` takes one page for all.',
    },
  );
}
