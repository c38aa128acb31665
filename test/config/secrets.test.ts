import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/diagnostics.ts';
import { reportDiagnostics } from '../../src/config/report.ts';
import { load, plugins } from './load-text.ts';

/** A config whose source has this token and account. */
function withSource(token: string, account: string, rest = ''): string {
  return `version: 1
sources:
  crm: { type: ${join(plugins, 'crm.ts')}, token: ${token}, account: ${account}, streams: { notes: /notes } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines: { notes: { from: crm.notes, to: db.notes, mode: append${rest} } }
`;
}

/** What is printed of a config: its mistakes, or its warnings. */
async function printed(text: string, environment?: { readonly [name: string]: string }): Promise<string> {
  const diagnostics = await load(text, environment).then(
    ({ warnings }) => warnings,
    (error: unknown) => {
      if (error instanceof ConfigError) return error.diagnostics;
      throw error;
    },
  );
  return reportDiagnostics(diagnostics, { format: 'text', color: false, unicode: true, directory: '/' });
}

describe('the secrets of a config', () => {
  test('are what stands in secret options, and the variables in it', async () => {
    const text = withSource('"Bearer ${TOKEN}"', '"${ACCOUNT}"');
    const { secrets } = await load(text, { TOKEN: 'tok-123', ACCOUNT: 'acme-main' });
    expect([...secrets].sort()).toEqual(['Bearer tok-123', 'tok-123']);
  });

  test('are not printed by a mistake elsewhere, whatever comes first', async () => {
    const text = withSource('"${TOKEN}"', 'acme', ', tags: { no: "${TOKEN}" }');
    const report = await printed(text, { TOKEN: 'tok-123-456' });
    expect(report).toContain('pipelines.notes.tags');
    expect(report).not.toContain('tok-123');
  });

  test('are not printed with the line they are written in', async () => {
    const report = await printed(withSource('tok-123-456', 'acme'));
    expect(report).toContain('a secret is written out');
    expect(report).toContain('token: •••••••••••, account: acme');
    expect(report).not.toContain('tok-123');
  });
});
