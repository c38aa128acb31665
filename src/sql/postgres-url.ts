import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { SyncError } from '../model/errors.ts';

/** How to reach a database, out of its URL. */
export interface Address {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Settings of the session, as libpq's parameter of this name. */
  readonly options?: string;
  /** False: without encryption. */
  readonly ssl: TlsOptions | false;
  /** Where the server knows no encryption, it is done without. */
  readonly fallback: boolean;
}

/** What the schema of an option may ask of a URL. */
export const postgresUrlPattern = '^postgres(ql)?://';

const parameters = ['host', 'options', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Reads a URL as libpq does; files it names start in `directory`. Throws `sql/url`, and never shows a password. */
export function parsePostgresUrl(text: string, directory: string): Address {
  const url = toUrl(text);
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined)
    throw invalid(`has a parameter \`${unknown}\` that is not known`, `Known are: ${parameters.join(', ')}.`);
  const given = (name: string) => url.searchParams.get(name) || undefined;
  return {
    host: given('host') ?? (url.hostname.replace(/^\[|\]$/g, '') || undefined),
    port: url.port === '' ? undefined : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)),
    options: given('options'),
    ...tlsOf(given, directory),
  };
}

function toUrl(text: string): URL {
  try {
    const url = new URL(text);
    if (new RegExp(postgresUrlPattern).test(text)) return url;
  } catch {
    // Node's message shows the whole URL.
  }
  throw invalid('is none', 'It reads `postgresql://user:password@host:5432/database`.');
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined;
  } catch {
    throw invalid('has a `%` that stands for itself', 'Write it as `%25`.');
  }
}

function tlsOf(
  given: (name: string) => string | undefined,
  directory: string,
): Pick<Address, 'ssl' | 'fallback'> {
  const mode = given('sslmode') ?? 'prefer';
  if (!sslModes.includes(mode))
    throw invalid(`has an unknown \`sslmode=${mode}\``, `Known are: ${sslModes.join(', ')}.`);
  if (mode === 'disable') return { ssl: false, fallback: false };
  const file = (name: string) => readPart(given(name), directory);
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map(file);
  const parts = { ca, cert, key };
  const fallback = mode === 'prefer' || mode === 'allow';
  if (mode === 'verify-full') return { ssl: parts, fallback };
  const verified = mode === 'verify-ca' || (mode === 'require' && ca !== undefined);
  return {
    ssl: verified
      ? { ...parts, checkServerIdentity: () => undefined }
      : { ...parts, rejectUnauthorized: false },
    fallback,
  };
}

function readPart(path: string | undefined, directory: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(directory, path), 'utf8');
  } catch (cause) {
    throw new SyncError('sql/url', `the file ${path}, which the database's URL names, cannot be read`, {
      hint: `Relative paths start at ${directory}.`,
      cause,
    });
  }
}

function invalid(what: string, hint: string): SyncError {
  return new SyncError('sql/url', `the URL of the PostgreSQL database ${what}`, {
    hint: `${hint} Characters such as \`@ : / # ? %\` in a password are percent-encoded.`,
  });
}
