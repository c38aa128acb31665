import type { Checkpoint, LedgerEntry } from '../model/checkpoint.ts';
import { printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import { parseJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';

/** A checkpoint with what it belongs to. */
export interface KeptCheckpoint {
  readonly pipeline: string;
  /** `sink.target` */
  readonly to: string;
  readonly entry: LedgerEntry;
}

/** A pipeline, and what a ledger keeps of it: nothing before its first run. */
export type Listed = Omit<KeptCheckpoint, 'entry'> & { readonly entry?: LedgerEntry };

const version = 1;

/** Checkpoints as JSON text, one a line. */
export function printDocument(kept: readonly KeptCheckpoint[]): string {
  return `{"version":${version},"checkpoints":[\n${kept.map(printListed).join(',\n')}\n]}\n`;
}

/** One of them, with exact numbers. */
export function printListed({ pipeline, to, entry }: Listed): string {
  if (entry === undefined) return JSON.stringify({ pipeline, to });
  const { checkpoint, ...facts } = entry;
  return `${JSON.stringify({ pipeline, to, ...facts }).slice(0, -1)},"checkpoint":${printCheckpoint(checkpoint)}}`;
}

/** The checkpoints of a text that `printDocument` made; throws `state/document`. */
export function parseDocument(text: string): KeptCheckpoint[] {
  const document = fieldsOf(parsed(text), 'the document');
  if (document.version !== version) throw malformed(`its version is not ${version}`);
  if (!Array.isArray(document.checkpoints)) throw malformed('it has no list "checkpoints"');
  return document.checkpoints.map((one: Value, index) => {
    const place = `checkpoint ${index + 1}`;
    const { pipeline, to, checkpoint, fence, run, batch, basis, wrote } = fieldsOf(one, place);
    const texts = [pipeline, to, run, basis].every((value) => typeof value === 'string');
    const numbers = [fence, batch].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
    if (!texts || !numbers || typeof wrote !== 'boolean') throw malformed(`${place} lacks a field`);
    return {
      pipeline: String(pipeline),
      to: String(to),
      entry: {
        checkpoint: checkpointOf(checkpoint ?? null, place),
        fence: Number(fence),
        run: String(run),
        batch: Number(batch),
        basis: String(basis),
        wrote,
      },
    };
  });
}

function checkpointOf(value: Value, place: string): Checkpoint {
  const { cursor, position } = fieldsOf(value, place);
  const cursors = [cursor];
  if (position !== undefined) {
    const { source, from, highest } = fieldsOf(position, place);
    if (source === undefined) throw malformed(`${place} has a position without "source"`);
    cursors.push(from, highest);
  }
  for (const one of cursors) {
    if (one === undefined) continue;
    const { text, kind } = fieldsOf(one, place);
    if (typeof text !== 'string' || !['number', 'timestamp', 'text', 'token'].includes(String(kind)))
      throw malformed(`${place} has a cursor without "text" and "kind"`);
  }
  // Every part of it was looked at.
  return value as Checkpoint;
}

function parsed(text: string): Value {
  try {
    return parseJson(text);
  } catch (cause) {
    throw malformed(`it is not JSON (${(cause as Error).message})`);
  }
}

function fieldsOf(value: Value, place: string): { readonly [name: string]: Value | undefined } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as { readonly [name: string]: Value };
  throw malformed(`${place} is no object`);
}

function malformed(what: string): SyncError {
  return new SyncError('state/document', `this is no document of checkpoints: ${what}`, {
    hint: 'Such a document is written by: syncline state export',
  });
}
