import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { daemonAddress, openClient } from '../daemon/client.ts';
import { ownToken, tokenFile } from '../daemon/token.ts';
import { SyncError } from '../model/errors.ts';
import { createSecrets } from '../model/secrets.ts';
import { browse } from '../tui/browse.ts';
import { type RemoteOptions, remoteWorld } from './remote-world.ts';
import { openConfig, type Shell } from './shell.ts';
import { printStandings } from './status.ts';
import { type StopSignal, stopSignal } from './stop.ts';
import { browseOptions, hasScreen } from './watch.ts';

export interface TopFlags {
  /** Without it, the daemon of the config here. */
  readonly url?: string;
  readonly tokenFile?: string;
  /** The token may go to another machine in the clear. */
  readonly insecure: boolean;
}

/** Shows a daemon on a screen, until a person leaves it; where there is none, prints once how its pipelines stand. */
export async function top(shell: Shell, flags: TopFlags): Promise<number> {
  const options = await daemonOf(shell, flags);
  const stop = stopSignal();
  try {
    if (shell.output !== 'table' || !hasScreen(shell, [])) {
      await printOnce(shell, options, stop.signal);
      return 0;
    }
    return (await onScreen(shell, options, stop)) || (stop.code ?? 0);
  } catch (error) {
    if (error !== stop.signal.reason || stop.code === undefined) throw error;
    return stop.code;
  } finally {
    stop.forget();
  }
}

async function onScreen(shell: Shell, options: RemoteOptions, stop: StopSignal): Promise<number> {
  const world = remoteWorld(options);
  try {
    // A wrong address or token is said at once, and not on a screen that waits for it to become right.
    await world.look(stop.signal);
    return await browse(world, browseOptions(shell, stop));
  } finally {
    await world.close();
  }
}

async function printOnce(shell: Shell, options: RemoteOptions, signal: AbortSignal): Promise<void> {
  const client = openClient(options);
  try {
    const { pipelines } = await client.status(signal);
    printStandings(shell, pipelines);
  } finally {
    client.close();
  }
}

async function daemonOf(shell: Shell, flags: TopFlags): Promise<RemoteOptions> {
  const { url, tokenFile: file, insecure } = flags;
  if (url === undefined) return daemonHere(shell, flags);
  const address = daemonAddress(url, { insecure });
  const given = file === undefined ? shell.environment.SYNCLINE_TOKEN : await tokenIn(shell, file);
  const token = checked(given, file ?? 'SYNCLINE_TOKEN');
  shell.hide(createSecrets([token]));
  return { url: address, token };
}

async function daemonHere(shell: Shell, flags: TopFlags): Promise<RemoteOptions> {
  const config = await openConfig(shell);
  const { host, port } = config.daemon.listen;
  if (port === 0)
    throw new SyncError('usage/invalid', '`daemon.listen` of the config takes any free port', {
      hint: 'The daemon prints the address it took: syncline top --url URL',
    });
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const address = `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
  const token =
    flags.tokenFile === undefined
      ? await tokenOf(config)
      : checked(await tokenIn(shell, flags.tokenFile), flags.tokenFile);
  config.secrets.add([token]);
  return { url: daemonAddress(address, flags), token };
}

async function tokenOf({ daemon: { token }, directory }: Config): Promise<string> {
  if (token !== undefined) return token;
  const file = tokenFile(directory);
  if (existsSync(file)) return ownToken(file);
  throw new SyncError(
    'daemon/unreachable',
    `no daemon was ever started for this config: there is no ${file}`,
    {
      hint: '`syncline daemon` starts one; `syncline top --url URL` looks at another.',
    },
  );
}

async function tokenIn(shell: Shell, file: string): Promise<string> {
  try {
    return (await readFile(resolve(shell.directory, file), 'utf8')).trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('daemon/token', `the token file ${file} cannot be read: ${reason}`, { cause });
  }
}

/** Only what can be a header is sent. What is wrong may be another secret: it is not shown. */
function checked(token: string | undefined, where: string): string {
  if (token !== undefined && /^[!-~]{16,}$/.test(token)) return token;
  throw new SyncError(
    'daemon/token',
    token ? `${where} holds no token of a daemon` : `${where} is not set, or empty`,
    {
      hint: 'A daemon elsewhere wants its token: --token-file FILE, or SYNCLINE_TOKEN. It is `daemon.token` of its config, or in `.syncline/daemon.token` beside that.',
    },
  );
}
