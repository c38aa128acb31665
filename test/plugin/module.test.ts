import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as syncline from '../../src/index.ts';
import { SyncError } from '../../src/model/errors.ts';
import { findPackage, importModule } from '../../src/plugin/module.ts';

/** The path of a module in a folder of its own, with others beside it. */
function write(name: string, text: string, others: { readonly [name: string]: string } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'syncline-module-'));
  for (const [file, content] of Object.entries({ ...others, [name]: text })) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), content);
  }
  return join(directory, name);
}

async function failure(path: string): Promise<SyncError> {
  const error = await importModule(path).catch((thrown: unknown) => thrown);
  if (error instanceof SyncError) return error;
  throw new Error('expected a SyncError', { cause: error });
}

describe('importModule', () => {
  it.each(['ts', 'mts', 'js', 'mjs'])(
    'loads .%s that imports syncline, and gives it the running copy',
    async (extension) => {
      const path = write(
        `own.${extension}`,
        `import { SyncError, defineSink } from 'syncline';\nexport { SyncError, defineSink };`,
      );
      const module = await importModule(path);
      expect(module.SyncError).toBe(SyncError);
      expect(module.defineSink).toBe(syncline.defineSink);
    },
  );

  it('makes errors of its own that are SyncErrors here', async () => {
    const path = write(
      'own.ts',
      `import { SyncError } from 'syncline';\nexport const fail = (): never => { throw new SyncError('row/type', 'no'); };`,
    );
    const { fail } = await importModule(path);
    expect(fail).toThrow(SyncError);
  });

  it('gives modules beside it the running copy too, and the other doors', async () => {
    const path = write('own.ts', `export { SyncError, formats } from './beside.ts';`, {
      'beside.ts': `import { SyncError } from 'syncline';\nimport * as formats from 'syncline/formats';\nexport { SyncError, formats };`,
    });
    const module = await importModule(path);
    expect(module.SyncError).toBe(SyncError);
    expect(Object.keys(module.formats as object)).toEqual(
      Object.keys(await import('../../src/formats/index.ts')),
    );
  });

  it('loads CommonJS, default exports, and types that are gone at run time', async () => {
    expect(await importModule(write('own.cjs', 'exports.source = 1;'))).toMatchObject({ source: 1 });
    const path = write(
      'own.ts',
      `import type { Mode } from 'syncline';\nexport default (mode: Mode): Mode => mode;`,
    );
    expect(await importModule(path)).toMatchObject({ default: expect.any(Function) });
  });

  it('loads a module once', async () => {
    const path = write('own.ts', 'export const made = {};');
    expect((await importModule(path)).made).toBe((await importModule(path)).made);
  });

  it('says which module has a syntax error, and where', async () => {
    const path = write('own.ts', 'const a = 1;\nexport const = 2;\n');
    const error = await failure(path);
    expect(error.code).toBe('plugin/load');
    expect(error.message).toBe(`${path} could not be loaded: Unexpected token at 2:13`);
  });

  it('says which import is missing', async () => {
    const error = await failure(write('own.ts', `import 'not-there';`));
    expect(error.message).toMatch(/could not be loaded: Cannot find module 'not-there'$/);
  });

  it('says what a module threw, each time it is asked for', async () => {
    const path = write('own.ts', `export const a = 1;\nthrow new TypeError('no licence');`);
    for (const _time of [1, 2]) {
      const error = await failure(path);
      expect(error.message).toBe(`${path} could not be loaded: no licence`);
      expect(error.cause).toBeInstanceOf(Error);
    }
  });

  it('says that there is no such module', async () => {
    expect((await failure('/nowhere/own.ts')).message).toMatch(/^\/nowhere\/own\.ts could not be loaded: /);
  });
});

describe('findPackage', () => {
  const files = {
    'node_modules/@acme/crm/package.json':
      '{ "name": "@acme/crm", "type": "module", "exports": { "import": "./own.js" } }',
    'node_modules/@acme/crm/own.js': 'export const source = 1;',
  };

  it('finds a package that is installed beside the config, or above it', async () => {
    const directory = dirname(write('sync.config.yaml', '', files));
    const path = join(directory, 'node_modules/@acme/crm/own.js');
    expect(await findPackage('@acme/crm', directory)).toBe(path);
    mkdirSync(join(directory, 'deep'));
    expect(await findPackage('@acme/crm', join(directory, 'deep'))).toBe(path);
  });

  it('finds nothing where there is nothing, and no module of Node', async () => {
    const directory = dirname(write('sync.config.yaml', ''));
    expect(await findPackage('@acme/crm', directory)).toBeUndefined();
    expect(await findPackage('fs', directory)).toBeUndefined();
  });
});
