import { join } from 'node:path';
import { type LogLevel, type LogLine, reaches } from '../model/log-line.ts';
import { DayFiles } from './day-file.ts';

/** The database tier: the state, or a table of a sink. */
export interface LogStore {
  /** Durable when it resolves. */
  add(lines: readonly LogLine[]): Promise<void>;
  /** Removes the lines from before this time, in ISO 8601, where the place can. */
  forget(before: string): Promise<void>;
  close(): Promise<void>;
}

export interface LogOptions {
  /** The absolute path of the folder with the files. */
  readonly dir: string;
  /** What goes to the files. */
  readonly level: LogLevel;
  /** How long lines are kept, in milliseconds. */
  readonly keep: number;
  readonly database: { readonly level: LogLevel; readonly store: LogStore };
  /** Called once for each place that cannot be written. */
  readonly tell: (message: string) => void;
}

/** The most lines that are stored in one transaction. */
const storedAtOnce = 500;

/** The beginning and the end of what is always stored. */
const boundaries = ['run_started', 'run_finished', 'pipeline_started', 'pipeline_finished'];

/**
 * The log of a run: files of JSON lines, one of them for errors alone, and a database. A place that cannot be written is
 * told once and costs the run nothing else; what it could not take is lost to it.
 */
export class Log {
  readonly #options: LogOptions;
  readonly #all: DayFiles;
  readonly #errors: DayFiles;
  readonly #told = new Set<string>();
  readonly #waiting: LogLine[] = [];
  #storing: Promise<void> | undefined;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#all = new DayFiles(options.dir);
    this.#errors = new DayFiles(join(options.dir, 'errors'));
  }

  /** Removes what is older than it is to be kept. */
  forget(now: Date): void {
    const { keep, dir } = this.#options;
    const before = new Date(Math.max(0, now.getTime() - keep)).toISOString();
    for (const files of [this.#all, this.#errors]) this.#attempt(dir, () => files.forget(before));
    this.#storing = this.#store(() => this.#options.database.store.forget(before)).then(() => this.#drain());
  }

  /** Into the files before it returns, into the database soon after. */
  write(line: LogLine): void {
    this.writeFiles(line);
    const { level } = this.#options.database;
    if (!reaches(line, level) && !boundaries.includes(line.event)) return;
    this.#waiting.push(line);
    this.#storing ??= this.#drain();
  }

  /** Only into the files: all that a process can do that is about to end. */
  writeFiles(line: LogLine): void {
    const { dir, level } = this.#options;
    if (reaches(line, level)) this.#attempt(dir, () => this.#all.write(line));
    if (line.level === 'error') this.#attempt(dir, () => this.#errors.write(line));
  }

  /** Resolves when everything is written. Never rejects. */
  async close(): Promise<void> {
    await this.#storing;
    await this.#store(() => this.#options.database.store.close());
    this.#attempt(this.#options.dir, () => {
      this.#all.close();
      this.#errors.close();
    });
  }

  /** Stores what waits; what is added meanwhile goes together with the next. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0, storedAtOnce);
      await this.#store(() => this.#options.database.store.add(lines));
    }
    this.#storing = undefined;
  }

  async #store(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#tell('database', error);
    }
  }

  #attempt(place: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tell(place, error);
    }
  }

  #tell(place: string, error: unknown): void {
    if (this.#told.has(place)) return;
    this.#told.add(place);
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.tell(
      `not all is logged, the ${place === 'database' ? 'database' : `folder ${place}`} failed: ${reason}`,
    );
  }
}
