import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { ConfigError, type Diagnostic } from '../../src/config/diagnostics.ts';
import type { Document, LoadOptions } from '../../src/config/document.ts';
import { loadDocument } from '../../src/config/load.ts';
import { reportDiagnostics } from '../../src/config/report.ts';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'syncline-config-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder with these files; a text alone is its `sync.config.yaml`. */
export function makeFolder(files: string | { readonly [name: string]: string | Uint8Array }): string {
  const folder = mkdtempSync(path.join(root, 'folder-'));
  const all = typeof files === 'string' ? { 'sync.config.yaml': files } : files;
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export function load(folder: string, options: Partial<LoadOptions> = {}): Promise<Document> {
  return loadDocument({ directory: folder, environment: {}, ...options });
}

/** What is wrong with the config in a folder. */
export async function diagnose(
  folder: string,
  options?: Partial<LoadOptions>,
): Promise<readonly Diagnostic[]> {
  try {
    await load(folder, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.diagnostics;
    throw error;
  }
  throw new Error('the config was accepted');
}

/** What a person reads when the config in a folder is broken; `<folder>` stands for its path. */
export async function reportOf(files: Parameters<typeof makeFolder>[0]): Promise<string> {
  const folder = makeFolder(files);
  const report = reportDiagnostics(await diagnose(folder), {
    format: 'text',
    color: false,
    unicode: true,
    directory: folder,
  });
  return report.replaceAll(folder, '<folder>');
}
