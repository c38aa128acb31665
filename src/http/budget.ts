import { orAborted } from './abort.ts';
import { type Clock, timeAfter } from './clock.ts';

/** How often a server may be asked: so many requests begin per so many milliseconds, so many run at once. */
export interface RateLimit {
  readonly requests?: number;
  readonly per?: number;
  readonly concurrency?: number;
  /** Those who name the same key share one budget. */
  readonly key?: string;
}

/** `budget`: our own `rate_limit` is used up. `told`: the server asked to be left alone. `backoff`: it failed. */
export interface Wait {
  readonly reason: 'budget' | 'told' | 'backoff';
  /** ISO 8601, UTC. */
  readonly until: string;
  readonly ms: number;
}

/** What those who ask one server may spend together. Who came first goes first. */
export class Budget {
  readonly #clock: Clock;
  readonly #limits = new Set<RateLimit>();
  /** When requests began, within the longest time that is limited. */
  readonly #starts: number[] = [];
  #running = 0;
  /** Those who wait for their turn, or until it is time. */
  #waiting = 0;
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** Resolves when all who came so far have begun, or given up. */
  #turn: Promise<unknown> = Promise.resolve();
  #wake = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a limit to those that hold; call what it returns to take it back. */
  join(limit: RateLimit): () => void {
    this.#limits.add(limit);
    return () => this.#limits.delete(limit);
  }

  /** Nobody begins for so long. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock.elapsed() + ms);
  }

  /**
   * Does the work as soon as it may begin. `announce` is told of every wait before it begins; when it throws, nothing
   * was begun.
   */
  async spend<Result>(
    work: () => Promise<Result>,
    announce: (wait: Wait) => void,
    signal: AbortSignal,
  ): Promise<Result> {
    await this.#begin(announce, signal);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#wake();
    }
  }

  async #begin(announce: (wait: Wait) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting > 0 || this.#heldFor() > 0 || this.#running >= this.#most())
      return this.#beginInTurn(announce, signal);
    this.#running += 1;
    this.#note();
  }

  async #beginInTurn(announce: (wait: Wait) => void, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    const before = this.#turn;
    let pass = () => {};
    const mine = new Promise<void>((resolve) => {
      pass = resolve;
    });
    // Who gives up early must not let those behind it pass those in front.
    // Without a result: that of the last would hold those of all before it.
    this.#turn = Promise.all([before, mine]).then(() => undefined);
    try {
      await orAborted(before, signal);
      await this.#untilFree(announce, signal);
      this.#running += 1;
      this.#note();
    } finally {
      this.#waiting -= 1;
      pass();
    }
  }

  async #untilFree(announce: (wait: Wait) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const ms = this.#heldFor();
      if (ms > 0) {
        const reason = this.#windowOver() <= this.#heldUntil ? 'told' : 'budget';
        announce({ reason, until: timeAfter(ms, this.#clock), ms });
        await this.#clock.sleep(ms, signal);
      } else if (this.#running >= this.#most()) {
        await orAborted(new Promise<void>((resolve) => (this.#wake = resolve)), signal);
      } else return;
    }
  }

  /** Until a server and all limits of time let a request begin, in milliseconds; negative when they do now. */
  #heldFor(): number {
    return Math.max(this.#heldUntil, this.#windowOver()) - this.#clock.elapsed();
  }

  #most(): number {
    return Math.min(...[...this.#limits].map(({ concurrency = Number.POSITIVE_INFINITY }) => concurrency));
  }

  /** When the next request fits into every limit: the one that began `requests` ago must be `per` old. */
  #windowOver(): number {
    const ends = [...this.#limits].map(({ requests = Number.POSITIVE_INFINITY, per = 0 }) => {
      const start = this.#starts.at(-requests);
      return start === undefined || this.#starts.length < requests ? Number.NEGATIVE_INFINITY : start + per;
    });
    return Math.max(Number.NEGATIVE_INFINITY, ...ends);
  }

  #note(): void {
    const now = this.#clock.elapsed();
    const longest = Math.max(0, ...[...this.#limits].map(({ per = 0 }) => per));
    while ((this.#starts[0] ?? now) < now - longest) this.#starts.shift();
    this.#starts.push(now);
  }
}

const budgets = new Map<string, Budget>();

/** The budget of a key. It outlives its clients: what a server asked for holds for the next run too. */
export function budgetOf(key: string, clock: Clock): Budget {
  const budget = budgets.get(key) ?? new Budget(clock);
  budgets.set(key, budget);
  return budget;
}
