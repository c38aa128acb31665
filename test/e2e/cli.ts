import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import Database from 'libsql';
import { onTestFinished } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const cli = join(root, 'dist/src/cli.js');

export interface Ended {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line in a folder, without a terminal, and waits for its end. */
export async function syncline(
  folder: string,
  args: readonly string[],
  environment: { readonly [name: string]: string } = {},
): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { LANG: 'C.UTF-8', ...environment },
    reject: false,
    stdin: 'ignore',
  });
  return { code: exitCode, stdout, stderr };
}

/** A folder of its own for the test at hand, with these files; gone when the test ends. */
export async function folderWith(files: { readonly [name: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-e2e-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Stops a process at a moment it holds no file's lock: one that holds it would keep everybody out. */
export async function stopUnlocked(
  process: Pick<ResultPromise, 'kill'>,
  files: readonly string[],
): Promise<void> {
  for (;;) {
    process.kill('SIGSTOP');
    await setTimeout(20);
    if (files.every(isUnlocked)) return;
    process.kill('SIGCONT');
    await setTimeout(1);
  }
}

function isUnlocked(file: string): boolean {
  try {
    edit(file, 'BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** The rows a statement returns, read by the driver itself. */
export function query(file: string, sql: string): unknown[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare(sql)
      .raw()
      .all()
      .map((row) => row as unknown);
  } finally {
    database.close();
  }
}

/** Changes a database as a person with another tool would. */
export function edit(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}
