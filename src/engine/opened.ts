/** Things to close: in reverse order, each of them even when another fails. */
export class CloseStack {
  readonly #opened: { close(): Promise<void> }[] = [];

  add<T extends { close(): Promise<void> }>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  /** Rejects with the first failure, after everything was closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let opened = this.#opened.pop(); opened; opened = this.#opened.pop())
      await opened.close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** Opens once for each key; one that could not be opened is tried again for the next who asks. */
export function oncePerKey<Key, Opened>(
  open: (key: Key, asker: string) => Promise<Opened>,
): (key: Key, asker: string) => Promise<Opened> {
  const opened = new Map<Key, Opened>();
  return async (key, asker) => {
    const known = opened.get(key) ?? (await open(key, asker));
    opened.set(key, known);
    return known;
  };
}
