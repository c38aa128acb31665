import { dirname } from 'node:path';
import type { Config } from './config.ts';
import { ConfigError } from './diagnostics.ts';
import type { Document, LoadOptions } from './document.ts';
import { Findings } from './findings.ts';
import { loadDocument } from './load.ts';
import { resolveConfig } from './resolve.ts';

/**
 * Finds, reads and checks a config, and loads the plugins it names. No source and no sink is opened. Throws a
 * `ConfigError` with everything that is wrong, what the schemas found first.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { config } = await openConfig(options);
  return config;
}

/** The same, with the document it was read from. */
export async function openConfig(options: LoadOptions): Promise<{ config: Config; document: Document }> {
  const document = await loadDocument(options);
  const findings = new Findings(document);
  const config = await resolveConfig(document, dirname(document.file), findings);
  if (config === undefined)
    throw new ConfigError([...findings.errors, ...document.warnings, ...findings.warnings]);
  return { config, document };
}
