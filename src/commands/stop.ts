import { endNow } from './ending.ts';

/** The signals that stop a command, with the exit code of the system for a process they ended. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

type StopName = keyof typeof signals;

const names = Object.keys(signals) as readonly StopName[];

/** The exit code of a process that stops because such a signal was aborted. */
export function stopCode({ reason }: AbortSignal): number {
  return reason === 'SIGTERM' ? signals.SIGTERM : signals.SIGINT;
}

/**
 * A signal that aborts, with the name of the process signal as its reason, when the process is told to stop. The
 * second time the process ends at once, and so it does when it has not stopped after `grace` milliseconds.
 */
export function stopSignal(grace = 10_000): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (name: StopName) => {
    if (controller.signal.aborted) endNow(signals[name]);
    const late = `error it did not stop within ${grace / 1000} s, and was ended; what was committed stays`;
    timer = setTimeout(() => endNow(signals[name], late), grace);
    controller.abort(name);
  };
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    forget: () => {
      clearTimeout(timer);
      for (const name of names) process.off(name, stop);
    },
  };
}
