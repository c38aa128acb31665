import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

export const root = join(import.meta.dirname, '../..');
const doors = {
  'syncline/formats': join(root, 'src/formats/index.ts'),
  syncline: join(root, 'src/index.ts'),
};

/** Starts a program in a process of its own. In an object, because an execa process is itself something to await. */
export async function start(program: string, flags = '') {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'program.ts');
  await writeFile(file, program);
  const env = { JITI_ALIAS: JSON.stringify(doors), JITI_FS_CACHE: 'false', NODE_OPTIONS: flags };
  return { running: execa(join(root, 'node_modules/.bin/jiti'), [file], { env, reject: false }) };
}
