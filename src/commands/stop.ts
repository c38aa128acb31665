const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * A signal that aborts, with the name of the process signal as its reason, when the process is told to stop. The
 * second time the process ends at once, as the system would have ended it.
 */
export function stopSignal(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === 'SIGTERM' ? 143 : 130);
    controller.abort(name);
  };
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
