import type { Checkpoint } from './checkpoint.ts';
import { parseJson, printJson } from './json.ts';
import type { Value } from './types.ts';

/** A checkpoint as JSON text, every number in a source's position with the digits it has. */
export function printCheckpoint(checkpoint: Checkpoint): string {
  // A checkpoint is plain JSON but for what is undefined, which is left out.
  return printJson(checkpoint as Value);
}

/** The checkpoint of a text that `printCheckpoint` made. */
export function parseCheckpoint(text: string): Checkpoint {
  return parseJson(text) as Checkpoint;
}
