import { isIPv4 } from 'node:net';
import { type Fields, isFields, toFields } from './defaults.ts';
import { durationSchema, resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';

/** How `syncline daemon` runs, and where it can be asked. */
export interface DaemonConfig {
  readonly listen: { readonly host: string; readonly port: number };
  /** Who knows it may use the API; without one the daemon makes its own. */
  readonly token?: string;
  /** Milliseconds. */
  readonly grace: number;
  readonly concurrency: number;
}

const path = ['daemon'];

export const daemonSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'How `syncline daemon` runs, and where its HTTP API listens.',
  properties: {
    listen: {
      type: 'string',
      pattern: '^([^\\s:/\\[\\]]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$',
      patternErrorMessage: 'A host and a port: `127.0.0.1:7433`, `[::1]:7433`. Port 0 takes a free one.',
      default: '127.0.0.1:7433',
      description: 'The address of the API. Any but one of this machine alone (loopback) needs a `token`.',
      examples: ['127.0.0.1:7433'],
    },
    token: {
      type: 'string',
      pattern: '^[!-~]{16,}$',
      patternErrorMessage: 'A token has at least 16 letters, digits and signs, and no spaces.',
      'x-secret': true,
      description:
        'Who has it may use the API. Without it one is made at the first start, in `.syncline/daemon.token` beside the config.',
      examples: ['${SYNCLINE_TOKEN}'],
    },
    grace: {
      ...durationSchema,
      default: '10s',
      description: 'How long a batch under way may take to be committed when the daemon is stopped.',
      examples: ['30s'],
    },
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 4,
      description: 'How many pipelines run at once, over all runs.',
      examples: [4],
    },
  },
} as const;

/** The daemon's part of a config whose schema was checked; undefined when something in it is wrong, which is told. */
export function resolveDaemon(value: unknown, findings: Findings): DaemonConfig | undefined {
  if (findings.touches(path) || !isFields(value)) return undefined;
  const listen = addressOf(String(value.listen));
  const grace = resolveDuration(value.grace, [...path, 'grace'], findings);
  if (listen.port > 65_535) {
    const message = `${listen.port} is too large for a port: the most is 65535`;
    findings.error({ path: [...path, 'listen'], code: 'config/limit', message });
  }
  const token = typeof value.token === 'string' ? value.token : undefined;
  if (token === undefined && !isLoopback(listen.host)) refuseOpen(value, findings);
  if (grace === undefined) return undefined;
  return { listen, token, grace, concurrency: Number(value.concurrency) };
}

function refuseOpen({ listen }: Fields, findings: Findings): void {
  findings.error({
    path: [...path, 'listen'],
    code: 'config/listen',
    message: `${listen} can be reached by other machines, and no token is configured`,
    help: 'Say `token: ${SYNCLINE_TOKEN}`, or listen on 127.0.0.1.',
  });
}

function addressOf(text: string): DaemonConfig['listen'] {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Whether an address is one that only this machine reaches. */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The daemon's part as the config has it. */
export function printDaemon(
  { listen, token, grace, concurrency }: DaemonConfig,
  print: (duration: number) => string,
) {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return toFields(
    Object.entries({ listen: `${host}:${listen.port}`, token, grace: print(grace), concurrency }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
