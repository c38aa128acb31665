import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../model/log-line.ts';

const dayFile = /^(\d{4}-\d\d-\d\d)\.jsonl$/;

/** What a terminal obeys, or what turns text around, and JSON leaves as it is. */
const control = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A folder with one file of JSON lines per day, in UTC. A line is written at once, so that it outlives its process, and
 * in one piece, so that lines of several processes never mix.
 */
export class DayFiles {
  readonly #folder: string;
  #day: string | undefined;
  #file: number | undefined;
  /** True when the disk took only a part of the last line. */
  #cut = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws what the file system says against it. */
  write(line: LogLine): void {
    const day = line.time.slice(0, 10);
    if (day !== this.#day) this.close();
    this.#file ??= this.#open(day);
    this.#day = day;
    const bytes = Buffer.from(`${this.#cut ? '\n' : ''}${print(line)}\n`);
    const written = writeSync(this.#file, bytes);
    this.#cut = written < bytes.length;
    if (this.#cut) throw new Error('no space is left for a whole line');
  }

  /** Removes the files of days that ended before this time, in ISO 8601. */
  forget(before: string): void {
    for (const { name, day } of daysIn(this.#folder))
      if (day < before.slice(0, 10)) rmSync(join(this.#folder, name), { force: true });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(day: string): number {
    mkdirSync(this.#folder, { recursive: true });
    return openSync(join(this.#folder, `${day}.jsonl`), 'a');
  }
}

function print(line: LogLine): string {
  return JSON.stringify(line).replace(
    control,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The files of a folder, the oldest first; none where there is no such folder. Throws when it cannot be read. */
export function daysIn(folder: string): { readonly name: string; readonly day: string }[] {
  return namesIn(folder)
    .sort()
    .flatMap((name) => {
      const [, day] = dayFile.exec(name) ?? [];
      return day === undefined ? [] : [{ name, day }];
    });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
