import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '../model/errors.ts';
import type { LogLine } from '../model/log-line.ts';
import { daysIn } from './day-file.ts';

const chunk = 256 * 1024;

/**
 * Reads the lines of a folder's day files, the oldest first. Each call of `fresh` goes on behind the last line before,
 * also into files that have appeared since.
 */
export class LogReader {
  readonly #folder: string;
  readonly #from: string;
  readonly #offsets = new Map<string, number>();

  /** Days before `from` (`2026-01-02`) are left out. */
  constructor(folder: string, from: string) {
    this.#folder = folder;
    this.#from = from;
  }

  /** The lines that were added, of them only those whose text holds `part`. */
  async *fresh(part = ''): AsyncGenerator<LogLine> {
    for (const { name, day } of readableDays(this.#folder)) {
      if (day < this.#from) continue;
      for await (const text of this.#appended(name)) {
        const line = text.includes(part) ? parseLine(text) : undefined;
        if (line !== undefined) yield line;
      }
    }
  }

  /** What was appended to a file, line by line; one that is not whole yet waits for the next time. */
  async *#appended(name: string): AsyncGenerator<string> {
    const path = join(this.#folder, name);
    const file = await open(path).catch((error: unknown) => refuse(path, error));
    try {
      let rest = Buffer.alloc(0);
      for (;;) {
        const offset = this.#offsets.get(name) ?? 0;
        const { bytesRead, buffer } = await file.read(Buffer.alloc(chunk), 0, chunk, offset + rest.length);
        if (bytesRead === 0) return;
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const whole = rest.lastIndexOf('\n') + 1;
        this.#offsets.set(name, offset + whole);
        yield* rest.toString('utf8', 0, whole).split('\n');
        rest = rest.subarray(whole);
      }
    } finally {
      await file.close();
    }
  }
}

/** The day of a folder's newest file; empty when it has none. */
export function newestDay(folder: string): string {
  return readableDays(folder).at(-1)?.day ?? '';
}

function readableDays(folder: string) {
  try {
    return daysIn(folder);
  } catch (error) {
    return refuse(folder, error);
  }
}

function refuse(path: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new SyncError('log/unreadable', `the log ${path} cannot be read: ${reason}`, {
    hint: 'Check its permissions, or name another folder with `logs.dir`.',
    cause,
  });
}

/** Undefined for what is no line of ours: one that a full disk cut off, say. */
function parseLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null) return false;
  const { time, level, run, message } = value as { readonly [key: string]: unknown };
  return [time, level, run, message].every((text) => typeof text === 'string');
}
