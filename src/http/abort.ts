import { setMaxListeners } from 'node:events';

/** Settles as the promise does, or rejects with the signal's reason as soon as it is aborted. */
export async function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget();
  }
}

/** What a deadline aborts with. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** Does work whose signal is aborted with the outer one, and with `DeadlinePassed` when the time is over. */
export async function withDeadline<Result>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  outer.throwIfAborted();
  const inner = new AbortController();
  const timer = setTimeout(() => inner.abort(new DeadlinePassed()), Math.min(ms, 2 ** 31 - 1));
  const forget = onAbort(outer, () => inner.abort(outer.reason));
  try {
    return await work(inner.signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** Does work whose signal is aborted so long after the outer one. Does not begin once that is aborted. */
export async function withGrace<Result>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  outer.throwIfAborted();
  const inner = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const forget = onAbort(outer, () => {
    timer = setTimeout(() => inner.abort(outer.reason), ms);
  });
  try {
    return await work(inner.signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** Calls back when the signal is aborted, until what it returns is called. */
function onAbort(signal: AbortSignal, stop: () => void): () => void {
  // Many requests may wait on the signal of one run: that is no leak to warn of.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', stop, { once: true });
  return () => signal.removeEventListener('abort', stop);
}
