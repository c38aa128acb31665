import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { SyncError } from '../model/errors.ts';
import { letThreadsOut } from './ending.ts';
import { type Answer, type Call, fromFailure, type ThreadCalls } from './messages.ts';
import { startWorker } from './worker-start.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The threads of this process, by the real path of their file: whoever opens a file shares its one thread. */
const threads = new Map<string, Thread>();

process.on('exit', letThreadsOut);

let ids = 0;

/** A number for a connection or a page read. */
export function nextId(): number {
  ids += 1;
  return ids;
}

/** The thread of a database file, started where it is not running. Each `openThread` wants one `release`. */
export function openThread(file: string): Thread {
  const path = realPath(file);
  const thread = threads.get(path) ?? new Thread(path);
  threads.set(path, thread);
  thread.references += 1;
  return thread;
}

/** The path without symbolic links, also of a file that is not there yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

/** The thread that has a database's driver: statements block it, and nobody else. */
export class Thread {
  references = 0;
  readonly path: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #failure: SyncError | undefined;

  constructor(path: string) {
    this.path = path;
    this.#worker = startWorker();
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  async call<Name extends keyof ThreadCalls>(
    name: Name,
    ...parameters: Parameters<ThreadCalls[Name]>
  ): Promise<ReturnType<ThreadCalls[Name]>> {
    if (this.#failure) throw this.#failure;
    const id = nextId();
    this.#worker.postMessage({ id, name, parameters } satisfies Call);
    // The process may end while nothing is asked, never while an answer is awaited.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    });
  }

  /** Whether it ended by itself: every call is refused then. */
  get ended(): boolean {
    return this.#failure !== undefined;
  }

  async release(): Promise<void> {
    this.references -= 1;
    if (this.references === 0) await this.end();
  }

  /** Ends the thread, whatever it is doing; SQLite rolls back what was not committed. */
  async end(): Promise<void> {
    this.#forget();
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting?.reject(fromFailure(answer.error));
    else waiting?.resolve(answer.result);
  }

  /** The thread has ended: whoever waits or asks later is told so, and the next to open the file gets a new one. */
  #fail(cause: unknown): void {
    this.#forget();
    this.#failure ??= new SyncError(
      'sql/failed',
      `the thread of the database ${this.path} ended unexpectedly`,
      {
        hint: 'Run again. What it had not committed was rolled back.',
        cause,
      },
    );
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }

  #forget(): void {
    if (threads.get(this.path) === this) threads.delete(this.path);
  }
}
