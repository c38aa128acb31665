import { onTestFinished } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { noCounts, type Outcome, type PipelineResult, type RunResult } from '../../src/model/result.ts';
import { type NotifierOptions, openNotifier } from '../../src/notify/notifier.ts';
import type { State } from '../../src/state/state.ts';
import { load } from '../config/load-text.ts';
import { opened, stateFile } from '../state/support.ts';

/** A config with three pipelines and these notifications, as YAML. */
export function notifying(
  notify: string,
  environment?: { readonly [name: string]: string },
): Promise<Config> {
  return load(
    `version: 1
notify: ${notify}
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  one: { from: in.rows, to: db.one }
  two: { from: in.rows, to: db.two }
  three: { from: in.rows, to: db.three }
`,
    environment,
  );
}

export function ended(status: Outcome, more: Partial<PipelineResult> = {}): PipelineResult {
  return { status, ...noCounts, durationMs: 5, ...more };
}

let runs = 0;

/** A run whose pipelines ended so. */
export function runOf(pipelines: RunResult['pipelines']): RunResult {
  runs += 1;
  const at = new Date().toISOString();
  return {
    runId: `01RUN${runs}`,
    status: 'succeeded',
    exitCode: 0,
    startedAt: at,
    finishedAt: at,
    pipelines,
  };
}

export interface Tellings {
  readonly told: string[];
  /** Tells a run, and waits until it is told. */
  tell(pipelines: RunResult['pipelines']): Promise<void>;
}

/** Tells runs to the notifications of a config, each by a notifier of its own, as commands do. */
export async function tellings(
  config: Config,
  options: Partial<NotifierOptions> & { readonly state?: State; readonly patience?: number } = {},
): Promise<Tellings> {
  const { state = await opened(await stateFile()), patience } = options;
  const told: string[] = [];
  return {
    told,
    async tell(pipelines) {
      const notifier = openNotifier(config, state, {
        retry: { attempts: 3, initial: 1, max: 1, max_wait: 5_000 },
        ...options,
        tell: (level, message) => told.push(`${level} ${message}`),
      });
      let closed = false;
      onTestFinished(async () => {
        if (!closed) await notifier.close(0);
      });
      notifier.emit({ type: 'run_finished', at: new Date().toISOString(), result: runOf(pipelines) });
      await notifier.close(patience);
      closed = true;
    },
  };
}
