import { setMaxListeners } from 'node:events';
import { SyncError } from '../model/errors.ts';
import type { State } from '../state/state.ts';

/** Why the signal of a run is aborted that somebody cancelled. A process that is stopped tells its signal there. */
export const cancelReason = 'cancelled';

/** So often it is looked whether another process asked for the end of a run here, in milliseconds. */
const pace = 500;

/** The runs of a runner that are under way, and how each is ended. */
export class RunsUnderWay {
  readonly #state: State;
  readonly #stops = new Map<string, AbortController>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(state: State) {
    this.#state = state;
  }

  /** From now on a run can be cancelled, which aborts `stop`; until what this returns is called. */
  begin(run: string, stop: AbortController): () => void {
    this.#stops.set(run, stop);
    this.#timer ??= setInterval(() => this.#look(), pace).unref();
    return () => {
      this.#stops.delete(run);
      if (this.#stops.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /**
   * Ends a run after the batches under way: one of this process at once; another process is asked to, and does so soon.
   * Throws `usage/unknown_run`, `usage/run_ended`.
   */
  async cancel(run: string): Promise<void> {
    const own = this.#stops.get(run);
    // What it leaves behind is put in order after its end.
    if (own && (await this.#state.run(run))?.finishedAt === undefined) return own.abort(cancelReason);
    await this.#state.markInterrupted();
    if (await this.#state.askToCancel(run)) return;
    const known = await this.#state.run(run);
    if (known === undefined)
      throw new SyncError('usage/unknown_run', `there is no run "${run}"`, {
        hint: 'Those that are remembered: syncline runs',
      });
    throw new SyncError('usage/run_ended', `run ${run} has ended already: ${known.status}`, {
      hint: `What it did: syncline show ${run}. To take it back: syncline undo ${run}`,
    });
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const asked = await this.#state.askedToCancel([...this.#stops.keys()]);
      for (const run of asked) this.#stops.get(run)?.abort(cancelReason);
    } catch {
      // A state that cannot be read now is asked again, and no run fails for it.
    } finally {
      this.#looking = false;
    }
  }
}

/** What is aborted with a signal, and can be aborted for itself. `forget` is called in the end. */
export function stopWith(signal: AbortSignal | undefined): {
  readonly stop: AbortController;
  forget(): void;
} {
  const stop = new AbortController();
  const follow = () => stop.abort(signal?.reason);
  if (signal?.aborted) follow();
  // Many runs may have one signal, and many pipelines wait on that of a run: that is no leak to warn of.
  setMaxListeners(0, stop.signal, ...(signal ? [signal] : []));
  signal?.addEventListener('abort', follow, { once: true });
  return { stop, forget: () => signal?.removeEventListener('abort', follow) };
}
