import { compilePath, SyncError, type Value } from 'syncline';
import type { HttpResponse } from 'syncline/http';
import { compileWhen, type When, whenProperties } from './rules.ts';

export interface SyncToken {
  readonly param: string;
  readonly path: string;
  readonly expired_when: Pick<When, 'status' | 'contains'>;
}

export const syncTokenSchema = {
  type: 'object',
  required: ['param', 'path'],
  additionalProperties: false,
  description:
    'The API gives a token with the last page, and is asked with it for what changed since. All else is asked as the first time.',
  examples: [{ param: 'syncToken', path: 'nextSyncToken' }],
  properties: {
    param: {
      type: 'string',
      minLength: 1,
      description: 'The name under which the token is sent, where page tokens are sent too.',
      examples: ['syncToken'],
    },
    path: {
      type: 'string',
      minLength: 1,
      description: 'Where the token lies in the body of the last page.',
      examples: ['nextSyncToken'],
    },
    expired_when: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      default: { status: 410 },
      description: 'The answer that says that a token is too old: all is read then. Default: the status 410.',
      examples: [{ status: 400, contains: 'EXPIRED_SYNC_TOKEN' }],
      properties: whenProperties,
    },
  },
} as const;

/** Throws `source/token_expired` for an answer that says so. */
export function compileExpiry({ expired_when }: SyncToken): (response: HttpResponse) => void {
  const isExpired = compileWhen(expired_when);
  return (response) => {
    if (isExpired(response))
      throw new SyncError('source/token_expired', 'the server does not accept the sync token any more', {
        hint: 'Everything is to be read again.',
      });
  };
}

/** The token for the next read, out of the body of the last page. */
export function tokenIn(body: Value, { path }: SyncToken, place: string): string {
  const found = compilePath(path)(body);
  if ((typeof found === 'string' && found !== '') || typeof found === 'number' || typeof found === 'bigint')
    return String(found);
  throw new SyncError('source/sync_token', `the last page of ${place} has no sync token at \`${path}\``, {
    hint: 'Some APIs give one only when asked to, by a parameter of the first request.',
  });
}
