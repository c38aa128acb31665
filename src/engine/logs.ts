import type { Config } from '../config/config.ts';
import { Log, type LogStore } from '../log/log.ts';
import { logTable } from '../log/table.ts';
import type { LogLine } from '../model/log-line.ts';
import type { Target } from '../model/types.ts';
import type { State } from '../state/state.ts';
import type { Emit } from './events.ts';
import { openedPlugins } from './opened.ts';
import { interruptedLine, paced, toLine } from './words.ts';

/** The logs of one run. */
export interface Logs {
  readonly emit: Emit;
  /** Resolves when everything is written. Never rejects. */
  close(): Promise<void>;
}

export interface LogsOptions {
  readonly run: Target['run'];
  readonly state: State;
  /** The runs whose process was found dead: that is their end in the log. */
  readonly interrupted: readonly string[];
  /** Called when a log cannot be written, once for each. */
  readonly tell: (message: string) => void;
}

/** What is left to say of the runs under way, when their process ends before them. */
const lastWords = new Set<(code: number) => void>();
process.on('exit', (code) => {
  for (const say of lastWords) say(Number(process.exitCode ?? code));
});

/** Opens the logs that a config asks for, and removes what they have kept long enough. */
export function openLogs(config: Config, { run, state, interrupted, tell }: LogsOptions): Logs {
  const { dir, level, keep, database } = config.logs;
  const { redact } = config.secrets;
  const store = storeOf(config, run, state);
  const log = new Log({ dir, level, keep, database: { level: database.level, store }, tell });
  const isTold = paced();
  const say = (code: number) => log.writeFiles(cutOff(run.id, code));
  lastWords.add(say);
  log.forget(new Date());
  for (const dead of interrupted) log.write(interruptedLine(dead, run.started_at));
  return {
    emit: (event) => {
      if (isTold(event)) log.write(toLine(event, run.id, redact));
    },
    async close() {
      lastWords.delete(say);
      await log.close();
    },
  };
}

/** For what is not to be logged. */
export const noLogs: Logs = { emit: () => undefined, close: async () => undefined };

function cutOff(run: string, code: number): LogLine {
  const message = `the process ended with exit code ${code} before run ${run} had ended`;
  return { time: new Date().toISOString(), level: 'error', run, event: 'process_ended', message };
}

/** The sink is opened a second time for the log: its pipelines' may be closed while there is something left to say. */
function storeOf(config: Config, run: Target['run'], state: State): LogStore {
  const { to } = config.logs.database;
  if (to === undefined) return { add: state.addLogs, forget: state.dropLogs, close: async () => undefined };
  // What this sink has to say would be logged, and said again.
  const opened = openedPlugins(config, () => undefined, new AbortController().signal);
  const table = logTable({ run, open: () => opened.sink(to.sink), target: to.target });
  return {
    ...table,
    async close() {
      await table.close().finally(() => opened.close());
    },
  };
}
