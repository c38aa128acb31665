import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { type Ended, root, syncline } from '../e2e/cli.ts';

/** What somebody who tried an example has in its folder. */
const leftBehind = new Set(['.env', '.syncline', 'data', 'logs']);

/** An example as it is shipped, in a folder of its own that is gone when the test ends. */
export interface Example {
  readonly folder: string;
  syncline(...args: string[]): Promise<Ended>;
  /** `syncline run`, and the document it prints. */
  run(...args: string[]): Promise<RunResult>;
}

export async function copyExample(
  name: string,
  environment: { readonly [name: string]: string },
): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-case-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const filter = (path: string) => !leftBehind.has(basename(path));
  await cp(join(root, 'examples', name), folder, { recursive: true, filter });
  const call = (...args: string[]) => syncline(folder, args, environment);
  return {
    folder,
    syncline: call,
    async run(...args) {
      const { stdout, stderr, code } = await call('run', '--json', ...args);
      expect(stdout, stderr).not.toBe('');
      const result = JSON.parse(stdout) as RunResult;
      expect(code).toBe(result.exitCode);
      return result;
    },
  };
}
