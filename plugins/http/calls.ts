import type { Calls } from 'syncline';
import type { HttpRequest, Tried } from 'syncline/http';

/** Counts what one read asks of a server. */
export class CallCounter {
  #pages = 0;
  #requests = 0;
  #retries = 0;
  #waited = 0;
  /** The last try. */
  last: Tried | undefined;

  /** The request, which tells this counter of its tries and waits. */
  counted(request: HttpRequest): HttpRequest {
    return {
      ...request,
      onTry: (tried) => {
        this.last = tried;
        this.#requests += 1;
        if (tried.attempt > 1) this.#retries += 1;
      },
      onWait: ({ ms }) => {
        this.#waited += ms;
      },
    };
  }

  page(): void {
    this.#pages += 1;
  }

  /** What came together since the last time. */
  take(): Calls {
    const calls = {
      pages: this.#pages,
      requests: this.#requests,
      retries: this.#retries,
      waited_ms: Math.round(this.#waited),
    };
    this.#pages = 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#waited = 0;
    return calls;
  }
}
