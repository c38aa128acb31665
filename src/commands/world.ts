import type { Config } from '../config/config.ts';
import { Runs } from '../daemon/runs.ts';
import { cancelReason } from '../engine/cancel.ts';
import { openRunner } from '../engine/runner.ts';
import { selectPipelines } from '../engine/select.ts';
import { type StandingWord, standings, standingWords } from '../engine/standing.ts';
import { SyncError } from '../model/errors.ts';
import type { World } from '../tui/world.ts';
import { writeCrash } from './error.ts';
import type { Shell } from './shell.ts';

/** The world of a config in this process, which has the runs it starts. */
export interface LocalWorld extends World {
  /** The ids of the runs of this process that are under way: closing ends them. */
  running(): readonly string[];
}

/** The world of a config and its state. */
export async function openWorld(shell: Shell, config: Config): Promise<LocalWorld> {
  const runner = await openRunner(config);
  const { state } = runner;
  const stop = new AbortController();
  const own = new Set<string>();
  const runs = new Runs(
    {
      emit: (event) => {
        if (event.type === 'run_started') own.add(event.run);
        if (event.type === 'run_finished') own.delete(event.result.runId);
      },
      signal: stop.signal,
      report_bug: (error) => writeCrash(error, shell.redact),
      freed: () => {},
      failed: () => {},
    },
    4,
  );
  const absent = () => {
    throw new SyncError('usage/invalid', 'this is not told on a screen');
  };
  return {
    name: config.file,
    running: () => [...own],
    cannot: (ability) => (ability === 'schedule' ? undefined : 'this is not told on a screen'),
    async look() {
      const pipelines = await standings(config, state, Date.now());
      const total = (word: StandingWord) => [word, pipelines.filter(({ status }) => status === word).length];
      const totals = Object.fromEntries(standingWords.map(total)) as { [word in StandingWord]: number };
      return { scheduler: 'unknown', totals, pipelines, recent: await state.runs({ limit: 100 }) };
    },
    runs: (filter) => state.runs(filter),
    follow: (run, emit, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        const live = runs.live(run);
        if (live === undefined) resolve();
        live?.follow(-1, (told) => (told === undefined ? resolve() : emit(told.event)));
      }),
    start: (names) => runs.start(runner, { pipelines: selectPipelines(config, names, []) }),
    pause: async (pipeline) => void (await state.pause(pipeline)),
    resume: async (pipeline) => void (await state.resume(pipeline)),
    cancel: async (run) => void (await runner.cancel(run)),
    undo: absent,
    changes: absent,
    plan: absent,
    startPlan: absent,
    rejects: absent,
    retry: absent,
    drop: absent,
    logs: absent,
    why: absent,
    async close() {
      stop.abort(cancelReason);
      await runs.idle();
      await runner.close();
    },
  };
}
