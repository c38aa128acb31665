import { endNow } from './ending.ts';

/** The signals that stop a command, with the exit code of the system for a process they ended. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

type StopName = keyof typeof signals;

const names = Object.keys(signals) as readonly StopName[];

export interface StopSignal {
  /** Aborts, with the name of the process signal as its reason, when the process is told to stop. */
  readonly signal: AbortSignal;
  /** The exit code of a process that was told to stop. */
  readonly code: number | undefined;
  /** Does what Ctrl-C does. */
  readonly stop: () => void;
  /** What was to stop has stopped: whatever is still to come may take its time. */
  reached(): void;
  forget(): void;
}

/**
 * Listens to the process being told to stop. The second time the process ends at once, and so it does when it has not
 * stopped after `grace` milliseconds.
 */
export function stopSignal(grace = 10_000): StopSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let code: number | undefined;
  const stop = (name: StopName) => {
    if (controller.signal.aborted) endNow(signals[name]);
    const late = `error it did not stop within ${grace / 1000} s, and was ended; what was committed stays`;
    timer = setTimeout(() => endNow(signals[name], late), grace);
    code = signals[name];
    controller.abort(name);
  };
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    stop: () => stop('SIGINT'),
    reached: () => clearTimeout(timer),
    forget: () => {
      clearTimeout(timer);
      for (const name of names) process.off(name, stop);
    },
  };
}
