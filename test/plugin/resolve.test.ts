import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SyncError } from '../../src/model/errors.ts';
import { listPlugins, resolvePlugin } from '../../src/plugin/resolve.ts';
import { checkDefinition, type PluginKind } from '../../src/plugin/shape.ts';

const fixtures = fileURLToPath(new URL('../fixtures/plugins', import.meta.url));

async function failure(type: string, kind: PluginKind): Promise<string> {
  const error = await resolvePlugin(type, kind, fixtures).catch((thrown: unknown) => thrown);
  if (error instanceof SyncError) return `${error.code}: ${error.message}`;
  throw new Error('expected a SyncError', { cause: error });
}

const sources = 'file, google_contacts, google_sheets, http, instantly, libsql, linkedin_ads, postgres';
const sinks = 'file, google_sheets, http, libsql, postgres, stdout, supabase';

describe('a plugin', () => {
  it('is built in', async () => {
    expect(await resolvePlugin('file', 'source', fixtures)).toMatchObject({ kind: 'source', name: 'file' });
    expect(await resolvePlugin('file', 'sink', fixtures)).toMatchObject({ kind: 'sink', name: 'file' });
  });

  it.each(['./crm.ts', 'crm.ts', `${fixtures}/crm.ts`, '../plugins/crm.ts'])(
    'is a file: %s',
    async (type) => {
      expect(await resolvePlugin(type, 'source', fixtures)).toMatchObject({ name: 'crm' });
    },
  );

  it('is an installed package', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'syncline-package-'));
    const folder = join(directory, 'node_modules/syncline-crm');
    mkdirSync(folder, { recursive: true });
    cpSync(join(fixtures, 'crm.ts'), join(folder, 'index.ts'));
    writeFileSync(
      join(folder, 'package.json'),
      '{ "name": "syncline-crm", "type": "module", "exports": "./index.ts" }',
    );
    expect(await resolvePlugin('syncline-crm', 'source', directory)).toMatchObject({ name: 'crm' });
  });

  it.each<[string, PluginKind, RegExp]>([
    ['fiel', 'source', new RegExp(`^config/enum: "fiel" is not one of: ${sources}$`)],
    ['mongo', 'sink', new RegExp(`^config/enum: "mongo" is not one of: ${sinks}$`)],
    ['__proto__', 'sink', /^config\/enum: /],
    ['../file', 'sink', /^plugin\/missing: there is no file \//],
    ['./none.ts', 'source', /^plugin\/missing: there is no file .*\/none\.ts$/],
    ['stdout', 'source', /^plugin\/kind: "stdout" is a sink, not a source$/],
    ['./crm.ts', 'sink', /^plugin\/kind: ".\/crm.ts" is a source, not a sink$/],
    ['./no-default.ts', 'sink', /^plugin\/invalid: ".\/no-default.ts" exports no `sink`$/],
    ['./throws.ts', 'sink', /^plugin\/load: .*no licence key$/],
  ])('%s as a %s is refused', async (type, kind, expected) => {
    expect(await failure(type, kind)).toMatch(expected);
  });
});

describe('listPlugins', () => {
  it('names the built-in ones with what they define', async () => {
    const kinds = (await listPlugins()).map(({ name, source, sink }) => [
      name,
      source !== undefined,
      sink !== undefined,
    ]);
    expect(kinds).toEqual([
      ['file', true, true],
      ['google_contacts', true, false],
      ['google_sheets', true, true],
      ['http', true, true],
      ['instantly', true, false],
      ['libsql', true, true],
      ['linkedin_ads', true, false],
      ['postgres', true, true],
      ['stdout', false, true],
      ['supabase', false, true],
    ]);
  });
});

describe('the shape of a definition', () => {
  const schema = { type: 'object', properties: { path: { type: 'string' } } };
  const source = {
    kind: 'source',
    name: 'own',
    summary: 'Own.',
    options: schema,
    streamOptions: schema,
    shortForm: 'path',
    open() {},
  };
  const sink = {
    kind: 'sink',
    name: 'own',
    summary: 'Own.',
    options: schema,
    modes: ['append'],
    capabilities: [],
    open() {},
  };

  it('is accepted when it is whole', () => {
    expect(checkDefinition('./own.ts', 'source', source)).toBe(source);
    expect(checkDefinition('./own.ts', 'sink', sink)).toBe(sink);
  });

  it.each<[PluginKind, unknown, string]>([
    ['source', null, 'is not an object'],
    ['source', () => source, 'is not an object'],
    ['source', sink, 'has the kind "sink", not "source"'],
    ['source', { ...source, name: undefined }, 'has no `name`'],
    ['source', { ...source, open: undefined }, 'has no function `open`'],
    ['source', { ...source, options: { type: 'string' } }, 'has no `options`'],
    [
      'source',
      { ...source, options: { ...schema, properties: { type: {} } } },
      'declares "type" in `options`',
    ],
    ['source', { ...source, streamOptions: undefined }, 'has no `streamOptions`'],
    ['source', { ...source, shortForm: 'paht' }, 'has the shortForm "paht"'],
    ['sink', { ...sink, modes: [] }, 'has no `modes`'],
    ['sink', { ...sink, modes: ['merge'] }, 'has no `modes`'],
    ['sink', { ...sink, capabilities: undefined }, 'has no `capabilities`'],
    ['sink', { ...sink, capabilities: ['undo'] }, 'has no `capabilities`'],
  ])('is refused: a %s that %j', (kind, definition, expected) => {
    expect(() => checkDefinition('./own.ts', kind, definition)).toThrow(expected);
  });
});
