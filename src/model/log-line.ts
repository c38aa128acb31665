import type { Counts, Outcome } from './result.ts';

/** How much a line of the log matters, the most first. */
export const logLevels = ['error', 'warn', 'info'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of the log: something that happened in a run, in words. Without secrets. */
export interface LogLine {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: LogLevel;
  readonly run: string;
  readonly pipeline?: string;
  /** What happened, in one word: the type of the run's event. */
  readonly event: string;
  /** The same for people. */
  readonly message: string;
  /** How the pipeline or the run ended. */
  readonly status?: Outcome | 'mixed';
  readonly counts?: Counts;
  readonly durationMs?: number;
  /** Of the error that ended the pipeline. */
  readonly code?: string;
  readonly hint?: string;
}

/** True for a line that matters at least as much as the level says. */
export function reaches({ level }: Pick<LogLine, 'level'>, least: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(least);
}
