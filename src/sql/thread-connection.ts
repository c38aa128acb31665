import type { ConnectionOptions } from './libsql-connection.ts';
import { nextId, openThread, type Thread } from './thread.ts';

/** A connection in the thread of its database file; where the thread ended by itself, in the next one. */
export class ThreadConnection {
  /** By which the thread knows it. */
  readonly id = nextId();
  readonly #options: ConnectionOptions;
  #thread: Thread;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#thread = this.#connect();
  }

  /** The thread to ask. */
  get thread(): Thread {
    if (this.#thread.ended) this.#thread = this.#connect();
    return this.#thread;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (!thread.ended) await thread.call('disconnect', this.id).finally(() => thread.release());
  }

  #connect(): Thread {
    const thread = openThread(this.#options.path);
    // It only fails with the thread, and then so does what is asked.
    thread.call('connect', this.id, this.#options).catch(() => undefined);
    return thread;
  }
}
