import type { RunEvent } from '../engine/events.ts';
import type { Counts } from '../model/result.ts';

/** What a run tells: of an event of a pipeline also which step of the run that is, from 1. */
export type ToldEvent = RunEvent & { readonly step?: number; readonly steps?: number };

/** An event of a run with its place in it, from 1. */
export interface NumberedEvent {
  readonly id: number;
  readonly event: ToldEvent;
}

/** Undefined: the run has ended, and nothing more comes. */
type Listener = (event: NumberedEvent | undefined) => void;

/** What a running pipeline did so far; where its stream has partitions, also what of the one that is read. */
interface LiveCounts {
  readonly counts: Counts;
  readonly partition?: { readonly name: string; readonly counts: Counts };
}

/** So many events of a run are kept, but for the first: a plugin may tell without end. */
const most = 1000;

/** A run that is under way, with what it told. */
export class LiveRun {
  /** By pipeline. */
  readonly counts = new Map<string, LiveCounts>();
  #events: NumberedEvent[] = [];
  #last = 0;
  #ended = false;
  readonly #steps = new Map<string, { readonly step: number; readonly steps: number }>();
  readonly #listeners = new Set<Listener>();

  add(event: RunEvent): void {
    if (event.type === 'progress') this.counts.set(event.pipeline, event);
    if (event.type === 'pipeline_started')
      this.#steps.set(event.pipeline, { step: event.step, steps: event.steps });
    const step = 'pipeline' in event && event.pipeline !== undefined ? this.#steps.get(event.pipeline) : {};
    this.#last += 1;
    const numbered = { id: this.#last, event: { ...event, ...step } };
    // Of the progress of a pipeline the last is enough.
    const outdated = ({ event: other }: NumberedEvent) =>
      event.type === 'progress' && other.type === 'progress' && other.pipeline === event.pipeline;
    this.#events = [...this.#events.filter((other) => !outdated(other)), numbered];
    if (this.#events.length > most) this.#events.splice(1, 1);
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Nothing more comes. */
  end(): void {
    this.#ended = true;
    for (const listener of this.#listeners) listener(undefined);
  }

  get begun(): boolean {
    return this.#last > 0;
  }

  /** What is kept of what it told. */
  get events(): readonly NumberedEvent[] {
    return this.#events;
  }

  /** Tells what is kept of the events after one, then each as it happens, and the end; returns how to stop. */
  follow(after: number, listener: Listener): () => void {
    for (const numbered of this.#events) if (numbered.id > after) listener(numbered);
    if (this.#ended) listener(undefined);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
