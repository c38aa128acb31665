import type { ErrorCode } from '../model/codes.ts';
import { type RefusedRow, SyncError } from '../model/errors.ts';

/** What PostgreSQL tells of an error; `code` is its SQLSTATE, or what Node calls an error of the connection. */
interface ServerError extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

type Known = readonly [ErrorCode, what: string, hint: string];

const unreachable: Known = [
  'sql/connect',
  'cannot be reached',
  'Check host and port in the `url`, and that the server runs and takes connections from here.',
];
const denied: Known = [
  'sql/connect',
  'refused the login',
  'Check user, password and database in the `url`, and what the server allows in pg_hba.conf.',
];
const lost: Known = [
  'sql/connection_lost',
  'closed the connection',
  'See the log of the server. What was not committed was rolled back: run again.',
];
const untrusted: Known = [
  'sql/connect',
  'has a certificate that is not trusted',
  'Name the authority with `sslrootcert=FILE` in the `url`, or see what `sslmode` asks for.',
];

/** By SQLSTATE, whole or its class of two characters, and by Node's codes. */
const known: { readonly [code: string]: Known } = {
  '0A': ['sql/failed', 'cannot do that', 'Drop what stands in the way, run again, then make it anew.'],
  '22': ['sql/value', 'refused a value', 'Map the field to something else, or widen the column.'],
  '23': [
    'sql/constraint',
    'refused a row',
    'Correct the row or the constraint. Nothing of its batch was written.',
  ],
  '25006': [
    'sql/readonly',
    'cannot be written',
    'It is a replica, or set to read only: name the primary server.',
  ],
  '28': denied,
  '3D000': ['sql/connect', 'is not there', 'Create it, or correct its name in the `url`.'],
  '3F000': ['schema/target', 'lacks a schema', 'Create it, or correct `to` or `ledger_schema`.'],
  '42501': ['sql/denied', 'denies it to this user', 'Grant the user of the `url` what it needs.'],
  // What a function of the table raised itself.
  P0001: [
    'sql/constraint',
    'refused a row',
    'Correct the row, or the trigger. Nothing of its batch was written.',
  ],
  '53100': [
    'sql/full',
    'does not fit on its disk',
    'Make room on the disk, then run again: nothing was half written.',
  ],
  '53300': ['sql/connect', 'has no connection left', 'Close others, or raise max_connections.'],
  '55P03': [
    'sql/locked',
    'is locked by another session',
    'Find it in pg_stat_activity, end it, then run again.',
  ],
  '57P': lost,
  '57P03': ['sql/connect', 'is starting or stopping', 'Wait until it takes connections, then run again.'],
  '08': lost,
  ECONNRESET: lost,
  EPIPE: lost,
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable,
};

/** What the driver throws without a code, by how it begins. */
const uncoded: readonly (readonly [RegExp, Known])[] = [
  [/^Connection terminated|^Client has encountered a connection error|not queryable/, lost],
  [/^timeout expired|^Connection terminated due to connection timeout/, unreachable],
  [
    /does not support SSL/,
    ['sql/connect', 'offers no encryption', 'Set `sslmode=prefer` or `sslmode=disable`.'],
  ],
  [/SASL|SCRAM|password/, denied],
  [/certificate|self.signed|altnames/i, untrusted],
];

function meaningOf(error: ServerError): Known | undefined {
  const { code = '', message } = error;
  if (/CERT|TLS|SSL/.test(code)) return untrusted;
  const byCode = known[code] ?? known[code.slice(0, 3)] ?? known[code.slice(0, 2)];
  return byCode ?? uncoded.find(([pattern]) => pattern.test(message))?.[1];
}

/** An error of the server or the driver as one a person can act on. Everything else that was thrown stays as it is. */
export function toSyncError(error: unknown, where: string): unknown {
  if (error instanceof SyncError || !(error instanceof Error)) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined && !isServerError(error)) return error;
  const [code, what, hint] = meaning ?? ['sql/failed', 'refused a statement', undefined];
  return new SyncError(code, `${where} ${what}: ${messageOf(error)}`, { hint, cause: error });
}

function messageOf(error: ServerError): string {
  const { message, detail } = error;
  // Some errors of the connection have none, such as one of several addresses that were tried.
  const told = message || error.code || 'no reason was given';
  return detail === undefined ? told : `${told} (${detail.replace(/\.$/, '')})`;
}

function isServerError(error: ServerError): boolean {
  return error.severity !== undefined && /^[0-9A-Z]{5}$/.test(error.code ?? '');
}

/**
 * What refused a row: a constraint, a trigger of the table, or a type that the value does not fit. PostgreSQL names the
 * column itself, or in a detail such as `Key (email)=(a) already exists.`
 */
export function constraintOf(error: unknown): Omit<RefusedRow, 'row'> | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof SyncError && error.code === 'sql/value') return { reason: error.message };
  const { code = '', message, column, detail = '' }: ServerError = error;
  if (!isServerError(error) || !/^(22|23|P0001)/.test(code)) return undefined;
  const [, plain, quoted] = /\((?:([a-z_0-9$]+)|"((?:[^"]|"")+)")\)=\(/.exec(detail) ?? [];
  return { field: column ?? plain ?? quoted?.replaceAll('""', '"'), reason: message };
}

/** True when the connection is gone: whether what was asked last took place is not known. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '' }: ServerError = error;
  return !isServerError(error) || /^(57P|08)/.test(code);
}

/** Another writer came in between, and the same work may well succeed after it. */
const races = new Set(['23505', '40001', '40P01', '42701', '42710', '42P06', '42P07']);

/**
 * A text that is the same for the same conflict with another writer; undefined for other errors. A conflict that comes
 * again is none with a writer, but with a row that stays.
 */
export function conflictOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', message, detail }: ServerError = error;
  if (!races.has(code)) return undefined;
  return code.startsWith('40') ? code : `${code} ${message} ${detail}`;
}
