import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/diagnostics.ts';
import { loadConfig } from '../../src/config/open.ts';
import { reportDiagnostics } from '../../src/config/report.ts';

const directory = fileURLToPath(new URL('../fixtures/broken/', import.meta.url));
const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));

describe('a broken config is told whole, with places and help', () => {
  it.each(files)('%s', async (file) => {
    const error = await loadConfig({ file, directory, environment: {} }).catch((thrown: unknown) => thrown);
    if (!(error instanceof ConfigError)) throw error;
    const report = reportDiagnostics(error.diagnostics, {
      format: 'text',
      color: false,
      unicode: true,
      directory,
    });
    const told = report.replaceAll(fileURLToPath(new URL('../..', import.meta.url)), '/project/');
    await expect(told).toMatchFileSnapshot(`${directory}${file.replace('.yaml', '.txt')}`);
  });
});
