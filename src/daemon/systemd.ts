import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A message that does not arrive is given up. Milliseconds. */
const patience = 5_000;

/** What started the daemon and wants to know how it is: systemd, or nobody. */
export interface ServiceManager {
  /** Tells the words of sd_notify, such as `READY=1`, in the order of the calls; returns at once. */
  tell(...words: readonly string[]): void;
  /** Resolves when all is told. */
  close(): Promise<void>;
}

export interface ServiceOptions {
  /** Of this process. What is meant for the daemon alone is taken out: no child may speak in its name. */
  readonly environment: { [name: string]: string | undefined };
  readonly pid: number;
  /** Called once, when it cannot be told. */
  readonly warn: (message: string) => void;
}

/** The service manager that the environment names. Where it watches over this process, it hears of it from now on. */
export function openServiceManager({ environment, pid, warn }: ServiceOptions): ServiceManager {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (NOTIFY_SOCKET === undefined) return { tell: () => undefined, close: async () => undefined };
  let telling = Promise.resolve();
  let waiting = 0;
  let isDeaf = false;
  const send = async (words: readonly string[]) => {
    if (isDeaf) return;
    try {
      await execute('systemd-notify', words, { env: { ...environment, NOTIFY_SOCKET }, timeout: patience });
    } catch (error) {
      isDeaf = true;
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = isMissing ? 'there is no program systemd-notify' : String(error).split('\n')[0];
      warn(`systemd cannot be told how this daemon is: ${reason}`);
    }
  };
  const tell = (...words: readonly string[]) => {
    waiting += 1;
    telling = telling.then(() => send(words)).finally(() => (waiting -= 1));
  };
  const ours = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
  const watchdog = startWatchdog(ours ? Number(WATCHDOG_USEC ?? 0) : 0, () => {
    if (waiting === 0) tell('WATCHDOG=1');
  });
  return {
    tell,
    async close() {
      clearInterval(watchdog);
      await telling;
    },
  };
}

/** Twice in the time after which a process counts as hung; a blocked event loop is silent. */
function startWatchdog(microseconds: number, live: () => void): NodeJS.Timeout | undefined {
  return microseconds > 0 ? setInterval(live, microseconds / 2_000).unref() : undefined;
}

/** The words that begin a reload. */
export function reloading(): readonly string[] {
  return ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`];
}
