import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Config } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { printJson } from '../model/json.ts';
import type { PipelineResult } from '../model/result.ts';
import type { Target, Value } from '../model/types.ts';
import type { SavedBatch } from '../plugin/history-contract.ts';
import type { ReadExtent, RejectedBatch } from '../state/state.ts';

/** What a run would commit to one target, in the order it would. Checkpoints are JSON text. */
export interface SavedCommit extends SavedBatch {
  readonly pipeline: string;
  readonly sink: string;
  readonly target: Target;
  readonly number: number;
  readonly basis: string;
  readonly checkpoint: string;
  /** What the ledger held when the plan was made; null: nothing. */
  readonly before: string | null;
}

/** Rejects of a batch, which are kept before it is committed. */
export interface SavedRejects {
  readonly pipeline: string;
  readonly batch: Omit<RejectedBatch, 'run'>;
  /** JSON text. */
  readonly rejects: string;
  readonly written: string;
}

/** How a pipeline ended in the plan. */
interface SavedEnd {
  readonly pipeline: string;
  readonly result: PipelineResult;
  readonly extent?: ReadExtent;
}

export type PlanLine =
  | { readonly commit: SavedCommit }
  | { readonly rejects: SavedRejects }
  | { readonly ended: SavedEnd };

interface Header {
  readonly syncline_plan: 1;
  readonly config: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Writes a plan to a file that only its owner can read; it is there once it is whole. */
export class PlanWriter {
  readonly #file: string;
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  static async open(file: string, config: Config): Promise<PlanWriter> {
    const handle = await open(aside(file), 'w', 0o600).catch((cause: unknown) => {
      throw new SyncError('plan/file', `the plan cannot be written to ${file}`, {
        hint: 'Check that the folder is there and can be written.',
        cause,
      });
    });
    const writer = new PlanWriter(file, handle);
    const header: Header = { syncline_plan: 1, config: hashOf(config), at: new Date().toISOString() };
    await writer.#line(header);
    return writer;
  }

  write(line: PlanLine): Promise<void> {
    return this.#line(line);
  }

  async finish(): Promise<void> {
    await this.#line({ end: true });
    await this.#handle.sync();
    await this.#handle.close();
    await rename(aside(this.#file), this.#file);
  }

  async abandon(): Promise<void> {
    await this.#handle.close();
    await rm(aside(this.#file), { force: true });
  }

  /** One after the other: pipelines that are planned side by side must not write into one another's lines. */
  #line(value: unknown): Promise<void> {
    this.#last = this.#last.then(() => this.#handle.appendFile(`${JSON.stringify(value)}\n`));
    return this.#last;
  }
}

/** A plan that was saved. It is read line by line each time, so that its size does not matter. */
export interface SavedPlan {
  readonly file: string;
  /** Those that are to run, in the order of the plan. */
  readonly ended: ReadonlyMap<string, SavedEnd>;
  lines(): AsyncIterable<PlanLine>;
}

/** Throws `plan/file` for a file that is no whole plan, and `plan/config` for one of another config. */
export async function openPlan(file: string, config: Config): Promise<SavedPlan> {
  const ended = new Map<string, SavedEnd>();
  let header: Header | undefined;
  let whole = false;
  for await (const line of linesOf(file)) {
    if (header === undefined) {
      header = line as unknown as Header;
      if (header.syncline_plan !== 1) break;
    } else if ('end' in line) whole = true;
    else if ('ended' in line && line.ended.result.status !== 'skipped')
      ended.set(line.ended.pipeline, line.ended);
  }
  if (!whole || header === undefined)
    throw new SyncError('plan/file', `${file} is no plan, or not all of one`, {
      hint: 'Make one: syncline plan --out FILE',
    });
  if (header.config !== hashOf(config))
    throw new SyncError('plan/config', `the plan ${file} was made with another config`, {
      hint: 'Nothing was written. Make a new plan, and look at it.',
    });
  return { file, ended, lines: () => bodyOf(file) };
}

async function* bodyOf(file: string): AsyncGenerator<PlanLine> {
  for await (const line of linesOf(file))
    if ('commit' in line || 'rejects' in line || 'ended' in line) yield line;
}

async function* linesOf(file: string): AsyncGenerator<PlanLine | { readonly end: true }> {
  const input = createReadStream(file);
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      yield JSON.parse(text) as PlanLine;
  } catch (cause) {
    throw new SyncError('plan/file', `the plan ${file} cannot be read`, {
      hint: 'Check the path. A plan is made with: syncline plan --out FILE',
      cause,
    });
  } finally {
    input.destroy();
  }
}

function aside(file: string): string {
  return `${file}.part`;
}

/** Of the files of a config, and of where it reads and writes: variables may say so elsewhere. */
function hashOf({ files, sources, sinks }: Config): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  for (const { name, options } of [...sources.values(), ...sinks.values()])
    hash.update(printJson([name, options as Value]));
  return hash.digest('hex').slice(0, 32);
}
