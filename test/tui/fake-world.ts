import type { RunEvent } from '../../src/engine/events.ts';
import { type StandingWord, standingWords } from '../../src/engine/standing.ts';
import type { LogLine } from '../../src/model/log-line.ts';
import type { KeptReject, KeptRun } from '../../src/state/state.ts';
import type { Ability, Looked, Origin, Planned, Stands, ToldChanges, World } from '../../src/tui/world.ts';

/** What a fake world knows; any of it may be changed while it is looked at. */
export interface Known {
  name: string;
  scheduler: Looked['scheduler'];
  pipelines: readonly Stands[];
  /** Newest first. */
  runs: readonly KeptRun[];
  plan: Planned;
  changes: readonly ToldChanges[];
  rejects: readonly KeptReject[];
  logs: readonly LogLine[];
  why: readonly Origin[];
  /** What it cannot do, and why. */
  cannot: { readonly [ability in Ability]?: string };
}

/** What can be asked of a world, by name. */
type Verb = Exclude<keyof World, 'name' | 'cannot' | 'close'>;

export interface FakeWorld extends World {
  readonly known: Known;
  /** What was done in it, in order, as `start people, places`; looking and reading leave no trace. */
  readonly done: readonly string[];
  readonly isClosed: boolean;
  /** From now on it rejects with this; undefined: it works again. */
  fail(verb: Verb, error: Error | undefined): void;
  /** From now on it waits, until what is returned is called. */
  hold(verb: Verb): () => void;
  /** Resolves once that was asked so often, from the beginning. */
  asked(verb: Verb, times: number): Promise<void>;
  /** Tells an event to all who follow a run, also to those that come later. */
  tell(run: string, event: RunEvent): void;
  /** Adds a line to the log. */
  log(line: LogLine): void;
}

const planned: Planned = {
  result: { runId: 'P1', status: 'succeeded', exitCode: 0, startedAt: '', finishedAt: '', pipelines: {} },
  changes: [],
  whole: true,
};

/** A world in memory that a test steers. */
export function fakeWorld(first: Partial<Known> = {}): FakeWorld {
  const known: Known = {
    name: 'sync.config.yaml',
    scheduler: 'active',
    pipelines: [],
    runs: [],
    plan: planned,
    changes: [],
    rejects: [],
    logs: [],
    why: [],
    cannot: {},
    ...first,
  };
  const done: string[] = [];
  const steering = steer();
  const { ask, news } = steering;
  const told = new Map<string, RunEvent[]>();
  let isClosed = false;
  /** Does something that leaves a trace. */
  const act = async <Result>(verb: Verb, what: string, result: Result): Promise<Result> => {
    await ask(verb);
    done.push(`${verb} ${what}`.trim());
    return result;
  };
  /** Tells what there is of a list, and then what is added. */
  async function* growing<Item>(list: () => readonly Item[], signal: AbortSignal) {
    for (let next = 0; !signal.aborted; ) {
      const more = list().slice(next);
      next += more.length;
      yield* more;
      if (more.length === 0) await news(signal);
    }
  }
  return {
    known,
    done,
    get isClosed() {
      return isClosed;
    },
    fail: steering.fail,
    hold: steering.hold,
    asked: steering.asked,
    tell(run, event) {
      told.set(run, [...(told.get(run) ?? []), event]);
      steering.tellNews();
    },
    log(line) {
      known.logs = [...known.logs, line];
      steering.tellNews();
    },
    get name() {
      return known.name;
    },
    cannot: (ability) => known.cannot[ability],
    async look(signal) {
      await ask('look', signal);
      const { scheduler, pipelines, runs: recent } = known;
      return { scheduler, totals: totalsOf(pipelines), pipelines, recent };
    },
    async runs({ pipeline, limit }, signal) {
      await ask('runs', signal);
      const fits = ({ pipelines }: KeptRun) => pipeline === undefined || Object.hasOwn(pipelines, pipeline);
      return known.runs.filter(fits).slice(0, limit);
    },
    async follow(run, emit, signal) {
      await ask('follow', signal);
      for await (const event of growing(() => told.get(run) ?? [], signal)) {
        emit(event);
        if (event.type === 'run_finished') return;
      }
      signal.throwIfAborted();
    },
    start: (pipelines) => act('start', pipelines.join(', '), 'R-started'),
    pause: (pipeline) => act('pause', pipeline, undefined),
    resume: (pipeline) => act('resume', pipeline, undefined),
    cancel: (run) => act('cancel', run, undefined),
    undo: (run, { force }) => act('undo', force ? `${run} --force` : run, `Run ${run} was undone.`),
    async *changes(run, signal) {
      await ask('changes', signal);
      yield* known.changes.filter((one) => one.run === run);
    },
    async plan(pipelines, signal) {
      await ask('plan', signal);
      done.push(`plan ${pipelines.join(', ')}`);
      return known.plan;
    },
    startPlan: () => act('startPlan', '', 'R-planned'),
    async rejects({ run, pipeline }, limit) {
      await ask('rejects');
      return known.rejects
        .filter((one) => (run ?? one.run) === one.run && (pipeline ?? one.pipeline) === one.pipeline)
        .slice(0, limit);
    },
    retry: ({ run, pipeline }) => act('retry', run ?? pipeline ?? '', 'R-retried'),
    drop: ({ run, pipeline }) => act('drop', run ?? pipeline ?? '', known.rejects.length),
    async *logs(_, signal) {
      await ask('logs', signal);
      yield* growing(() => known.logs, signal);
    },
    async why() {
      await ask('why');
      return known.why;
    },
    async close() {
      isClosed = true;
    },
  };
}

/** What makes the answers of a world fail or wait, and who waits for something to happen in it. */
function steer() {
  const failures = new Map<Verb, Error>();
  const gates = new Map<Verb, Promise<void>>();
  const counts = new Map<Verb, number>();
  const waiting = new Set<() => void>();
  const tellNews = () => {
    for (const wake of [...waiting]) wake();
  };
  const news = (signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  return {
    tellNews,
    news,
    async ask(verb: Verb, signal?: AbortSignal): Promise<void> {
      counts.set(verb, (counts.get(verb) ?? 0) + 1);
      tellNews();
      await gates.get(verb);
      signal?.throwIfAborted();
      const failure = failures.get(verb);
      if (failure !== undefined) throw failure;
    },
    fail(verb: Verb, error: Error | undefined) {
      if (error === undefined) failures.delete(verb);
      else failures.set(verb, error);
    },
    hold(verb: Verb): () => void {
      const { promise, resolve } = opened();
      gates.set(verb, promise);
      return () => {
        gates.delete(verb);
        resolve();
      };
    },
    async asked(verb: Verb, times: number): Promise<void> {
      while ((counts.get(verb) ?? 0) < times) await news();
    },
  };
}

function opened() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function totalsOf(pipelines: readonly Stands[]): Looked['totals'] {
  const number = (word: StandingWord) => pipelines.filter(({ status }) => status === word).length;
  return Object.fromEntries(standingWords.map((word) => [word, number(word)])) as Looked['totals'];
}
