import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { Config, PipelineConfig } from '../config/config.ts';
import { cursorProblem } from '../config/incremental.ts';
import { type Ledgers, underLease } from '../engine/ledgers.ts';
import { basis, isExact } from '../engine/resume.ts';
import { moveCursor } from '../engine/rollback.ts';
import { pipelineNamed } from '../engine/select.ts';
import type { LedgerEntry } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { State } from '../state/state.ts';
import { printOne, type Shell } from './shell.ts';
import { withLedgers } from './state.ts';
import { type KeptCheckpoint, parseDocument } from './state-document.ts';

/** Sets where the next run of a pipeline begins; a read that was under way is given up. */
export async function setCursor(shell: Shell, name: string, value: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    refuseWithoutCursor(pipeline);
    const problem = cursorProblem(value);
    if (problem !== undefined) throw new SyncError('usage/invalid', problem);
    const ledger = await ledgers.of(pipeline);
    const key = keyOf(pipeline);
    await underLease(state, ledger, key, 'state set', (_, fence) =>
      moveCursor(ledger, key, pipeline, { value, fence, now: new Date().toISOString() }),
    );
    const { entry } = await ledger.read(key);
    const cursor = entry?.checkpoint.cursor?.text ?? value;
    const again = isExact(pipeline) ? ', rows at exactly that value again' : '';
    printOne(shell, { pipeline: name, cursor }, () => `${name}: its next run begins at ${cursor}${again}\n`);
  });
}

/** Forgets where a pipeline's reads stopped, those of windows as well; its rows stay. */
export async function resetCheckpoint(shell: Shell, name: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    const ledger = await ledgers.of(pipeline);
    const key = keyOf(pipeline);
    await underLease(state, ledger, key, 'state reset', async (entry, fence) => {
      // A pipeline's name has no space: what follows one is the window.
      for (const { entry: _, ...other } of await ledger.list())
        if (other.target === key.target && other.pipeline.startsWith(`${name} `))
          await ledger.write(other, undefined);
      // The entry stays, for its fence: a run that seems dead must not bring the old checkpoint back.
      const forgotten = { checkpoint: {}, fence, basis: basis(pipeline), wrote: false };
      await ledger.write(key, { ...(entry ?? unwritten), ...forgotten });
    });
    const again = pipeline.mode === 'append' ? ', and appends all of it' : '';
    printOne(shell, { pipeline: name }, () => `${name}: its next run reads everything${again}\n`);
  });
}

/** Gives the checkpoint of a pipeline that had another name to the one that follows it, in the same target. */
export async function renameCheckpoint(shell: Shell, old: string, name: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    const ledger = await ledgers.of(pipeline);
    const key = keyOf(pipeline);
    const oldKey = { ...key, pipeline: old };
    await underLease(state, ledger, oldKey, 'state rename', async (entry) => {
      if (old === name || entry === undefined)
        throw new SyncError(
          'state/no_checkpoint',
          `no checkpoint is kept of a pipeline "${old}" into ${toOf(pipeline)}`,
          {
            hint: 'Those there are: syncline state list',
          },
        );
      await underLease(state, ledger, key, 'state rename', async (there, fence) => {
        refuseTaken(pipeline, there);
        await ledger.write(key, { ...entry, fence: Math.max(fence, entry.fence) });
        // Only now: if this is cut off, the checkpoint is there twice, never lost.
        await ledger.write(oldKey, undefined);
      });
    });
    printOne(shell, { from: old, to: name }, () => `${name} goes on where ${old} stopped\n`);
  });
}

/** Puts the checkpoints of a document in the place of those there are: all that it names, or none is written. */
export async function importCheckpoints(shell: Shell, file: string | undefined): Promise<void> {
  const kept = parseDocument(
    file === undefined ? await textOf(process.stdin) : await readDocument(shell, file),
  );
  await withLedgers(shell, async (ledgers, config, state) => {
    refuseStrangers(config, kept);
    for (const one of kept) await importOne(one, pipelineNamed(config, one.pipeline), ledgers, state);
    const imported = kept.map(({ pipeline }) => pipeline);
    printOne(
      shell,
      { imported },
      () => `${plural(kept.length, 'checkpoint')} imported: ${imported.join(', ')}\n`,
    );
  });
}

async function importOne(
  { entry }: KeptCheckpoint,
  pipeline: PipelineConfig,
  ledgers: Ledgers,
  state: State,
): Promise<void> {
  const ledger = await ledgers.of(pipeline);
  const key = keyOf(pipeline);
  await underLease(state, ledger, key, 'state import', (there, fence) => {
    // What was committed last is true of this ledger only, and so is its fence.
    const { run, batch } = there ?? unwritten;
    return ledger.write(key, { ...entry, run, batch, fence });
  });
}

const unwritten: Pick<LedgerEntry, 'run' | 'batch'> = { run: '', batch: 0 };

async function readDocument(shell: Shell, file: string): Promise<string> {
  const path = resolve(shell.directory, file);
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new SyncError('usage/invalid', `${path} cannot be read: ${cause.message}`, { cause });
  });
}

function refuseWithoutCursor({ name, stream, mode }: PipelineConfig): void {
  if (stream.incremental !== undefined && mode !== 'replace') return;
  throw new SyncError('usage/no_cursor', `"${name}" keeps no cursor: its stream is read whole in every run`, {
    hint: 'Give the stream `incremental: { cursor_field: … }`.',
  });
}

function refuseTaken(pipeline: PipelineConfig, there: LedgerEntry | undefined): void {
  const { cursor, position } = there?.checkpoint ?? {};
  if (cursor === undefined && position === undefined) return;
  throw new SyncError(
    'state/exists',
    `pipeline "${pipeline.name}" has a checkpoint in ${toOf(pipeline)} already`,
    {
      hint: `To forget that one first: syncline state reset ${pipeline.name}`,
    },
  );
}

function refuseStrangers(config: Config, kept: readonly KeptCheckpoint[]): void {
  const known = new Set(
    [...config.pipelines.values()].map((pipeline) => `${pipeline.name} into ${toOf(pipeline)}`),
  );
  const strangers = kept.map(({ pipeline, to }) => `${pipeline} into ${to}`).filter((one) => !known.has(one));
  if (strangers.length === 0) return;
  throw new SyncError('state/document', `this config has no pipeline ${strangers.join(', ')}`, {
    hint: `It has: ${[...known].join(', ')}. Correct the names in the document, or remove those lines.`,
  });
}

function keyOf({ name, target }: PipelineConfig): { pipeline: string; target: string } {
  return { pipeline: name, target };
}

function toOf({ sink, target }: PipelineConfig): string {
  return `${sink.name}.${target}`;
}
