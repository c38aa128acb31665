/** The same batches; a source that does not heed the signal is left behind when it is aborted. */
export async function* untilAborted<T>(batches: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = batches[Symbol.asyncIterator]();
  try {
    signal.throwIfAborted();
    for (let next = await nextOf(iterator, signal); !next.done; next = await nextOf(iterator, signal))
      yield next.value;
  } finally {
    const ended = iterator.return?.();
    ended?.catch(() => undefined);
    if (!signal.aborted) await ended;
  }
}

/** Not `Promise.race`: against a signal that lasts, it would hold every batch of the run in memory. */
function nextOf<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const settled = iterator.next().then(resolve, reject);
    settled.finally(() => signal.removeEventListener('abort', stop));
  });
}
