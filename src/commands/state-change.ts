import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { Config, PipelineConfig } from '../config/config.ts';
import { cursorProblem } from '../config/incremental.ts';
import { type Ledgers, underLease } from '../engine/ledgers.ts';
import { type PipelinePart, partsOf, toOf } from '../engine/parts.ts';
import { basis, isExact, ledgerKey } from '../engine/resume.ts';
import { moveCursor } from '../engine/rollback.ts';
import { pipelineNamed } from '../engine/select.ts';
import type { LedgerEntry, LedgerKey } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { readsWhole } from '../model/modes.ts';
import { plural } from '../model/plural.ts';
import type { Ledger } from '../plugin/contract.ts';
import type { State } from '../state/state.ts';
import { printOne, type Shell } from './shell.ts';
import { withLedgers } from './state.ts';
import { type KeptCheckpoint, parseDocument } from './state-document.ts';

/** Sets where the next run of a pipeline begins, each part of it; a read that was under way is given up. */
export async function setCursor(shell: Shell, name: string, value: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    refuseWithoutCursor(pipeline);
    const problem = cursorProblem(value);
    if (problem !== undefined) throw new SyncError('usage/invalid', problem);
    for (const part of partsOf(pipeline).flat().filter(keepsCursor)) {
      const ledger = await ledgers.of(part);
      const key = ledgerKey(part, {});
      await underLease(state, ledger, key, 'state set', (_, fence) =>
        moveCursor(ledger, key, part, { value, fence, now: new Date().toISOString() }),
      );
      const { entry } = await ledger.read(key);
      const cursor = entry?.checkpoint.cursor?.text ?? value;
      const again = isExact(part) ? ', rows at exactly that value again' : '';
      const told = { pipeline: key.pipeline, to: toOf(part), cursor };
      printOne(shell, told, () => `${key.pipeline}: its next run begins at ${cursor}${again}\n`);
    }
  });
}

/** Forgets where a pipeline's reads stopped, those of windows as well; its rows stay. */
export async function resetCheckpoint(shell: Shell, name: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    const parts = partsOf(pipeline).flat();
    // What a retry committed stays known: it tells which of the rejects are in the target already.
    const keys = new Set(
      parts.flatMap((part) => [{}, { rejects: {} }].map((of) => ledgerKey(part, of).pipeline)),
    );
    for (const part of parts) {
      const ledger = await ledgers.of(part);
      const key = ledgerKey(part, {});
      await underLease(state, ledger, key, 'state reset', async (entry, fence) => {
        for (const { entry: _, ...other } of await ledger.list())
          if (other.target === key.target && isWindowOf(name, other.pipeline, keys))
            await ledger.write(other, undefined);
        // The entry stays, for its fence: a run that seems dead must not bring the old checkpoint back.
        const forgotten = { checkpoint: {}, fence, basis: basis(part), wrote: false };
        await ledger.write(key, { ...(entry ?? unwritten), ...forgotten });
      });
    }
    const again = parts.some(({ mode }) => mode === 'append') ? ', and appends all of it' : '';
    printOne(shell, { pipeline: name }, () => `${name}: its next run reads everything${again}\n`);
  });
}

/** A pipeline's name has no space: what follows one is the partition and the window. */
function isWindowOf(name: string, key: string, live: ReadonlySet<string>): boolean {
  return key.startsWith(`${name} `) && !live.has(key);
}

/** Gives the checkpoints of a pipeline that had another name to the one that follows it, in the same targets. */
export async function renameCheckpoint(shell: Shell, old: string, name: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config, state) => {
    const pipeline = pipelineNamed(config, name);
    let renamed = 0;
    for (const part of partsOf(pipeline).flat()) {
      const key = ledgerKey(part, {});
      const oldKey = { ...key, pipeline: key.pipeline.replace(name, old) };
      if (old !== name && (await renameOne(part, key, oldKey, await ledgers.of(part), state))) renamed += 1;
    }
    if (renamed === 0)
      throw new SyncError(
        'state/no_checkpoint',
        `no checkpoint is kept of a pipeline "${old}" into ${toOf(pipeline)}`,
        { hint: 'Those there are: syncline state list' },
      );
    printOne(shell, { from: old, to: name }, () => `${name} goes on where ${old} stopped\n`);
  });
}

async function renameOne(
  part: PipelinePart,
  key: LedgerKey,
  oldKey: LedgerKey,
  ledger: Ledger,
  state: State,
): Promise<boolean> {
  return underLease(state, ledger, oldKey, 'state rename', async (entry) => {
    if (entry === undefined) return false;
    await underLease(state, ledger, key, 'state rename', async (there, fence) => {
      refuseTaken(part, there);
      await ledger.write(key, { ...movable(entry, part), fence: Math.max(fence, entry.fence) });
      // Only now: if this is cut off, the checkpoint is there twice, never lost.
      await ledger.write(oldKey, undefined);
    });
    return true;
  });
}

/** Puts the checkpoints of a document in the place of those there are: all that it names, or none is written. */
export async function importCheckpoints(shell: Shell, file: string | undefined): Promise<void> {
  const kept = parseDocument(
    file === undefined ? await textOf(process.stdin) : await readDocument(shell, file),
  );
  await withLedgers(shell, async (ledgers, config, state) => {
    const parts = partsByName(config);
    refuseStrangers(parts, kept);
    for (const one of kept) {
      const part = parts.get(`${one.pipeline} into ${one.to}`);
      if (part) await importOne(one, part, ledgers, state);
    }
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
  part: PipelinePart,
  ledgers: Ledgers,
  state: State,
): Promise<void> {
  const ledger = await ledgers.of(part);
  const key = ledgerKey(part, {});
  await underLease(state, ledger, key, 'state import', (there, fence) => {
    // What was committed last is true of this ledger only, and so is its fence.
    const { run, batch } = there ?? unwritten;
    return ledger.write(key, { ...movable(entry, part), run, batch, fence });
  });
}

/** What was seen of a read that is under way stays behind: elsewhere that read begins anew. */
function movable<Entry extends Pick<LedgerEntry, 'checkpoint'>>(entry: Entry, { mode }: PipelinePart): Entry {
  const { cursor, position } = entry.checkpoint;
  return mode === 'mirror' || position?.full
    ? { ...entry, checkpoint: cursor === undefined ? {} : { cursor } }
    : entry;
}

const unwritten: Pick<LedgerEntry, 'run' | 'batch'> = { run: '', batch: 0 };

async function readDocument(shell: Shell, file: string): Promise<string> {
  const path = resolve(shell.directory, file);
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new SyncError('usage/invalid', `${path} cannot be read: ${cause.message}`, { cause });
  });
}

function keepsCursor({ stream, mode }: PipelinePart): boolean {
  return stream.incremental !== undefined && !readsWhole(mode);
}

function refuseWithoutCursor(pipeline: PipelineConfig): void {
  if (partsOf(pipeline).flat().some(keepsCursor)) return;
  const { name } = pipeline;
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

function partsByName(config: Config): ReadonlyMap<string, PipelinePart> {
  const parts = [...config.pipelines.values()].flatMap((pipeline) => partsOf(pipeline).flat());
  return new Map(parts.map((part) => [`${ledgerKey(part, {}).pipeline} into ${toOf(part)}`, part]));
}

function refuseStrangers(parts: ReadonlyMap<string, PipelinePart>, kept: readonly KeptCheckpoint[]): void {
  const strangers = kept.map(({ pipeline, to }) => `${pipeline} into ${to}`).filter((one) => !parts.has(one));
  if (strangers.length === 0) return;
  throw new SyncError('state/document', `this config has no pipeline ${strangers.join(', ')}`, {
    hint: `It has: ${[...parts.keys()].join(', ')}. Correct the names in the document, or remove those lines.`,
  });
}
