import type { RunEvent } from '../engine/events.ts';
import type { Counts } from '../model/result.ts';

/** An event of a run with its place in it, from 1. */
export interface NumberedEvent {
  readonly id: number;
  readonly event: RunEvent;
}

type Listener = (event: NumberedEvent) => void;

/** So many events of a run are kept, but for the first: a plugin may tell without end. */
const most = 1000;

/** A run that is under way, with what it told. */
export class LiveRun {
  readonly counts = new Map<string, Counts>();
  #events: NumberedEvent[] = [];
  #last = 0;
  readonly #listeners = new Set<Listener>();

  add(event: RunEvent): void {
    if (event.type === 'progress') this.counts.set(event.pipeline, event.counts);
    this.#last += 1;
    const numbered = { id: this.#last, event };
    // Of the progress of a pipeline the last is enough.
    const outdated = ({ event: other }: NumberedEvent) =>
      event.type === 'progress' && other.type === 'progress' && other.pipeline === event.pipeline;
    this.#events = [...this.#events.filter((other) => !outdated(other)), numbered];
    if (this.#events.length > most) this.#events.splice(1, 1);
    for (const listener of this.#listeners) listener(numbered);
  }

  get begun(): boolean {
    return this.#last > 0;
  }

  /** Tells what is kept of the events after one, and then each as it happens; returns how to stop. */
  follow(after: number, listener: Listener): () => void {
    for (const numbered of this.#events) if (numbered.id > after) listener(numbered);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
