import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { NotificationConfig } from '../config/notify.ts';
import type { Retry } from '../http/options.ts';
import type { Change } from './changes.ts';
import { runCommand, withoutSecrets } from './command.ts';
import { documentOf, type EndedRun, slackText } from './message.ts';
import { openPost } from './post.ts';
import { signatureHeaders } from './signature.ts';

/** The way to one receiver. */
export interface Channel {
  /** Resolves when it arrived, with what a command said. */
  send(run: EndedRun, changes: readonly Change[]): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface ChannelOptions {
  readonly environment: { readonly [name: string]: string | undefined };
  readonly retry: Partial<Retry>;
  readonly signal: AbortSignal;
}

export function openChannel(
  notification: NotificationConfig,
  config: Pick<Config, 'secrets' | 'directory'>,
  options: ChannelOptions,
): Channel {
  if (notification.type === 'command') return commandChannel(notification, config, options);
  const { secrets } = config;
  const { type, name, url, timeout } = notification;
  const isSecret = type === 'slack' ? spellings(url) : [];
  const post = openPost({ name, url, timeout, ...options, secrets: [...secrets, ...isSecret] });
  return {
    async send(run, changes) {
      if (notification.type === 'slack')
        return post
          .send(JSON.stringify({ text: slackText(run, cleaned(changes, config)) }), {})
          .then(nothing);
      const body = JSON.stringify(documentOf(run, cleaned(changes, config)));
      const id = `msg_${randomUUID()}`;
      const signed = signatureHeaders({ id, secret: notification.secret, at: new Date() }, body);
      return post.send(body, { ...notification.headers, ...signed }).then(nothing);
    },
    close: () => post.close(),
  };
}

function commandChannel(
  { name, run: command, timeout }: Extract<NotificationConfig, { type: 'command' }>,
  config: Pick<Config, 'secrets' | 'directory'>,
  { environment, signal }: ChannelOptions,
): Channel {
  return {
    send(run, changes) {
      const told = {
        SYNCLINE_NOTIFICATION: name,
        SYNCLINE_RUN_ID: run.runId,
        SYNCLINE_PIPELINES: changes.map(({ pipeline }) => pipeline).join(' '),
        SYNCLINE_CHANGES: changes.map(({ occasion }) => occasion).join(' '),
      };
      const options = { run: command, directory: config.directory, timeout, signal };
      const clean = { ...withoutSecrets(environment, config.secrets), ...told };
      const input = JSON.stringify(documentOf(run, cleaned(changes, config)));
      return runCommand({ ...options, environment: clean }, `${input}\n`);
    },
    close: async () => undefined,
  };
}

/** Without secrets that came up after the results were made. */
function cleaned(changes: readonly Change[], { secrets }: Pick<Config, 'secrets'>): readonly Change[] {
  const clean = (text: string | undefined) => text && secrets.redact(text);
  return changes.map(({ result, ...change }) => {
    const { error, reason } = result;
    const failure = error && { ...error, message: secrets.redact(error.message), hint: clean(error.hint) };
    return { ...change, result: { ...result, error: failure, reason: clean(reason) } };
  });
}

/** A URL as it is written, and as errors write it. */
function spellings(text: string): readonly string[] {
  const url = new URL(text);
  return [text, url.href, url.origin + url.pathname, url.pathname + url.search, url.pathname];
}

function nothing(): undefined {
  return undefined;
}
