import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/config.ts';
import { ConfigError, type Diagnostic } from '../../src/config/diagnostics.ts';
import type { LoadOptions } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/open.ts';

export const plugins = fileURLToPath(new URL('../fixtures/plugins', import.meta.url));

type Environment = LoadOptions['environment'];

/** A config of this text in a folder of its own. */
export function write(text: string, environment: Environment = {}): LoadOptions {
  const directory = mkdtempSync(join(tmpdir(), 'syncline-config-'));
  writeFileSync(join(directory, 'sync.config.yaml'), text);
  return { directory, environment };
}

export function load(text: string, environment?: Environment): Promise<Config> {
  return loadConfig(write(text, environment));
}

/** Everything that is wrong with a config: `code path: message`. */
export async function complaints(text: string, environment?: Environment): Promise<readonly string[]> {
  try {
    await load(text, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.diagnostics.map(say);
  }
}

function say({ code, path, message }: Diagnostic): string {
  return `${code} ${path}: ${message}`;
}

/** A whole config around one pipeline, whose keys these lines are; it reads a stream whose key is `id`. */
export function around(pipeline: string, sink = '{ type: libsql, url: "file:data/sync.db" }'): string {
  return `version: 1
sources:
  export: { type: file, streams: { campaigns: { path: data/campaigns.json, primary_key: id } } }
sinks:
  db: ${sink}
pipelines:
  campaigns:
    from: export.campaigns
    to: db.campaigns
${pipeline.trimEnd().replace(/^/gm, '    ')}
`;
}
