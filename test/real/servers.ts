import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, onTestFinished } from 'vitest';
import { soak } from '../counts.ts';

/** A suite with a server that nobody here wrote; `npm run soak` installs and runs it. */
export function describeReal(server: string, tests: () => void): void {
  describe.skipIf(!soak)(soak ? server : `${server} (only in npm run soak)`, tests);
}

/** Starts a program of an installed package, and resolves once a line it prints says so. It ends with the test. */
export async function startProgram(
  program: string,
  args: readonly string[],
  {
    folder,
    ready,
    env,
  }: { readonly folder: string; readonly ready: string; readonly env?: NodeJS.ProcessEnv },
): Promise<void> {
  const path = fileURLToPath(new URL(`node_modules/${program}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        if (line.includes(ready)) resolve();
      });
    child.on('close', () => reject(new Error(`${program} ended:\n${said.join('\n')}`)));
  });
}

/** What a server answers another client: JSON, with a good status. */
export async function ask<Answer>(url: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...init.headers };
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
