/**
 * The end of a process whose threads wait for locks. The driver (libsql 0.5) waits inside, and throws when it gives up:
 * in a thread that is being ended this aborts the process, whatever exit code it was to have. So a thread that waits is
 * let out first, and goes no further.
 */

import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const name = 'syncline: ending';

/** The places in what all threads share: whether the process ends, how many threads are in the driver, and none's. */
const [ending, inside, never] = [0, 1, 2];

/** Longer than the driver waits for a lock. Milliseconds. */
const patience = 500;

const shared = sharedCells();

function sharedCells(): Int32Array {
  const known = getEnvironmentData(name);
  if (known instanceof SharedArrayBuffer) return new Int32Array(known);
  const made = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(name, made);
  return new Int32Array(made);
}

/** In a thread: does what may meet a lock. Does not come back where the process ends. */
export async function insideDriver<Result>(work: () => Promise<Result>): Promise<Result> {
  Atomics.add(shared, inside, 1);
  try {
    if (!isMainThread && Atomics.load(shared, ending) === 1) stay();
    return await work();
  } finally {
    leave();
  }
}

function stay(): void {
  leave();
  Atomics.wait(shared, never, 0);
}

function leave(): void {
  Atomics.sub(shared, inside, 1);
  Atomics.notify(shared, inside);
}

/** In the process, as the last thing it does: returns when no thread is where it must not be ended. */
export function letThreadsOut(): void {
  Atomics.store(shared, ending, 1);
  const until = performance.now() + patience;
  for (let left = patience; left > 0; left = until - performance.now()) {
    const number = Atomics.load(shared, inside);
    if (number <= 0) return;
    Atomics.wait(shared, inside, number, left);
  }
}
