import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginContext } from 'syncline';
import { onTestFinished } from 'vitest';
import { context } from '../../src/testing/suite.ts';

/** A folder that is gone when the test is finished. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function contextOf(directory: string): PluginContext {
  return context(directory);
}
