import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';
import { SyncError } from '../model/errors.ts';
import { refusalOf } from './inward.ts';

export interface ConnectionOptions {
  /** Until a connection stands. */
  readonly connect: number;
  /** Until the server says something more. */
  readonly idle: number;
  /** The most bytes a body may have. */
  readonly limit: number;
  /** A file with certificates to trust besides those that Node knows. */
  readonly ca?: string;
}

/** Kept open between requests. Both obey HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface Connections {
  /** To where the config leads. */
  readonly own: Dispatcher;
  /** To where a server led us: refuses addresses of this machine and its link, which a proxy would hide. */
  readonly foreign: Dispatcher;
  /** Counts answers after which a server went on sending, by origin: the answer before was cut short by its own length. */
  readonly overruns: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function openConnections(options: ConnectionOptions): Promise<Connections> {
  const { buildConnector, EnvHttpProxyAgent } = await import('undici');
  const tls = { timeout: options.connect, ca: await certificates(options.ca) };
  const overruns = new Map<string, number>();
  const connector = watched(buildConnector(tls), ({ protocol, host }) => {
    const origin = `${protocol}//${host}`;
    overruns.set(origin, (overruns.get(origin) ?? 0) + 1);
  });
  const agent = (connect: buildConnector.connector) =>
    new EnvHttpProxyAgent({
      headersTimeout: options.idle,
      bodyTimeout: options.idle,
      maxResponseSize: options.limit,
      connect,
      requestTls: tls,
      proxyTls: tls,
      // Many proxies tunnel to port 443 alone.
      proxyTunnel: false,
    });
  const own = agent(connector);
  const foreign = agent(guarded(connector));
  const close = async () => {
    await Promise.all([own.destroy(), foreign.destroy()]);
  };
  return { own, foreign, overruns, close };
}

/** Tells of servers that send more than the length they said: undici only drops the connection, with this message. */
function watched(
  connector: buildConnector.connector,
  overran: (options: buildConnector.Options) => void,
): buildConnector.connector {
  return (options, done) =>
    connector(options, (...connected) => {
      connected[1]?.once('error', ({ message }) => {
        if (message === 'bad response') overran(options);
      });
      done(...connected);
    });
}

/** Refuses a connection by the address it really has: a name may mean another one at each look. */
function guarded(connector: buildConnector.connector): buildConnector.connector {
  return (options, done) =>
    connector(options, (...connected) => {
      const [, socket] = connected;
      const refusal = refusalOf(socket?.remoteAddress ?? '');
      if (refusal === undefined) return done(...connected);
      socket?.destroy();
      done(refusal, null);
    });
}

/** Undefined leaves it to Node. Saying anything puts it in the place of all that Node trusts. */
async function certificates(ca: string | undefined): Promise<string[] | undefined> {
  if (ca === undefined) return undefined;
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  const files = [ca, ...(extra === undefined ? [] : [extra])];
  return [...rootCertificates, ...(await Promise.all(files.map(certificate)))];
}

async function certificate(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw unusable(file, 'cannot be read', cause);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw unusable(file, 'holds no certificate');
  return text;
}

function unusable(file: string, what: string, cause?: unknown): SyncError {
  const hint = 'Name a file with certificates in PEM form.';
  return new SyncError('http/certificate', `the certificate file ${file} ${what}`, { hint, cause });
}
