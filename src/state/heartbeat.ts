export interface Heartbeat {
  stop(): Promise<void>;
}

/** Does something at regular times, never twice at once, for as long as the process has other work. */
export function startHeartbeat(every: number, beat: () => Promise<void>): Heartbeat {
  let beating: Promise<void> | undefined;
  const timer = setInterval(() => {
    // A beat that fails is made up for by the next; what it means for a lease is known there.
    beating ??= beat()
      .catch(() => undefined)
      .finally(() => {
        beating = undefined;
      });
  }, every);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await beating;
    },
  };
}
