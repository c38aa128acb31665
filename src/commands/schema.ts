import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { composeSchema, printSchema } from '../config/schema.ts';
import { SyncError } from '../model/errors.ts';
import type { Shell } from './shell.ts';

/** Prints the JSON Schema of the config with all built-in plugins, or writes it to a file, for editors. */
export async function schema(shell: Shell, write: string | undefined): Promise<void> {
  const text = printSchema(await composeSchema());
  if (write === undefined) return shell.print(text);
  const file = resolve(shell.directory, write);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('usage/unwritable', `${file} could not be written: ${reason}`, {
      hint: 'Name another file, or print the schema: syncline schema > FILE',
      cause,
    });
  }
  shell.tell(`wrote ${file}\n`);
}
