import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import type { Control } from './api/control.ts';
import { type Api, openApi } from './api/server.ts';
import { keptToken, tokenFile } from './token.ts';

/** How often an address is tried that somebody has. Milliseconds. */
const look = 2_000;

export interface ListeningOptions {
  readonly config: Config;
  /** Whether the address may be taken: by the daemon that this one stands by for. */
  readonly mayWait: boolean;
  readonly tell: (message: string) => void;
  /** Called for what is nobody's mistake but ours. */
  readonly failed: (what: string, error: unknown) => void;
}

/** Has the API listen, at once or where it may wait as soon as its address is free. Throws `daemon/listen`. */
export async function listenWhenFree(
  control: Control,
  { config, mayWait, tell, failed }: ListeningOptions,
): Promise<{ close(): Promise<void> }> {
  const { listen, token } = config.daemon;
  const file = tokenFile(config.directory);
  const options = {
    listen,
    token: token ?? (await keptToken(file)),
    failed: (error: unknown) => failed('a request failed', error),
  };
  const closing = new AbortController();
  let api: Api | undefined;
  const open = async () => {
    api = await openApi(control, options);
    const where = token === undefined ? `in ${file}` : 'daemon.token of the config';
    tell(`the API listens on ${api.url}, its token is ${where}`);
  };
  const retry = async () => {
    while (api === undefined && !closing.signal.aborted) {
      await setTimeout(look, undefined, { signal: closing.signal }).catch(() => undefined);
      if (!closing.signal.aborted) await open().catch(unlessTaken);
    }
  };
  const taken = await open().catch(mayWait ? unlessTaken : refuse);
  if (taken) tell(`${taken.message}; it listens as soon as that is free`);
  const retrying = taken && retry().catch((error: unknown) => failed('there is no API', error));
  return {
    async close() {
      closing.abort();
      await retrying;
      await api?.close();
    },
  };
}

function unlessTaken(error: unknown): SyncError {
  const cause = error instanceof SyncError && error.code === 'daemon/listen' ? error.cause : undefined;
  if (error instanceof SyncError && (cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE')
    return error;
  throw error;
}

function refuse(error: unknown): never {
  throw error;
}
