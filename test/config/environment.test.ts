import { mkdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Expander } from '../../src/config/environment.ts';
import { diagnose, load, makeFolder } from './folder.ts';

const expand = (text: string, variables = {}) => new Expander(variables, '/').expand(text);

describe('${…}', () => {
  test.each([
    ['${A}', 'one'],
    ['<${A}-${A}>', '<one-one>'],
    ['${EMPTY}', ''],
    ['${EMPTY:-default}', 'default'],
    ['${NONE:-}', ''],
    ['${NONE:-a:b-c}', 'a:b-c'],
    ['${NONE:-{"x":1}}', '{"x":1}'],
    ['${NONE:-${A}}', 'one'],
    ['${A:?needed}', 'one'],
    ['$${A}', '${A}'],
    ['a $${A} ${A}', 'a ${A} one'],
    ['$A $ {A} }{', '$A $ {A} }{'],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text, { A: 'one', EMPTY: '' })).toMatchObject({ text: expected, unresolved: [] });
  });

  test.each(['${A', 'x ${', '${}', '${1A}', '${A-b}', '${a.b}', '${ A }'])('%s is refused', (text) => {
    expect(expand(text, { A: 'one' }).unresolved.map(({ code }) => code)).toEqual(['config/variable_syntax']);
  });

  test('what a variable holds is not expanded again', () => {
    expect(expand('${A}', { A: '${B} $${C}' }).text).toBe('${B} $${C}');
  });

  test('defaults may hold variables, but not without end', () => {
    const nested = (levels: number) => `${'${N:-'.repeat(levels)}x${'}'.repeat(levels)}`;
    expect(expand(nested(10))).toMatchObject({ text: 'x', whole: true });
    expect(expand(nested(50_000)).unresolved).toMatchObject([{ code: 'config/variable_syntax' }]);
  });

  test('an unset variable in the path of a file is told alone', () => {
    expect(expand('${file:${NONE}/x}').unresolved.map(({ code }) => code)).toEqual(['config/unset_variable']);
  });

  test('what is never closed is told with its first line', () => {
    expect(expand('a\n${B\nmore\n').unresolved).toMatchObject([
      { text: '${B', message: '"${B" has no closing brace' },
    ]);
  });

  test('inherited properties are no variables', () => {
    expect(expand('${toString}${__proto__}').unresolved).toHaveLength(2);
  });

  test('text without a dollar sign is left alone', () => {
    const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('$'));
    const check = fc.property(plain, (text) => {
      expect(expand(text)).toEqual({ text, whole: false, unresolved: [] });
    });
    fc.assert(check);
  });

  test('any text can be written with $${', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'A', ':', '-', ' ') }), (text) => {
        expect(expand(`$\${${text}`).text).toBe(`\${${text}`);
      }),
    );
  });
});

describe('in a config', () => {
  test('scalars are expanded, whether quoted or not; keys and comments are not', async () => {
    const text = 'a: ${A}\nb: "${A}!"\nc: |\n  x ${A}\n${A}: d # ${NONE}\n';
    expect((await load(makeFolder(text), { environment: { A: '1' } })).value).toEqual({
      a: '1',
      b: '1!',
      c: 'x 1\n',
      '${A}': 'd',
    });
  });

  test('values that are one whole ${…} are marked, wherever an alias takes them', async () => {
    const text = 'x-a: &a ["${A}", "x${A}", "$${A}", "${A}${A}"]\nb/~c: *a\n';
    const { fromEnvironment } = await load(makeFolder(text), { environment: { A: '1' } });
    expect([...fromEnvironment]).toEqual(['/x-a/0', '/b~1~0c/0']);
  });

  test('all unset variables are told at once, each at its place', async () => {
    const diagnostics = await diagnose(makeFolder('a: ${A}\nb: [x, "y ${B} ${A}"]\n'));
    expect(
      diagnostics.map(({ path, span }) => [path, span?.start, span?.text.slice(span.start, span.end)]),
    ).toEqual([
      ['a', 3, '${A}'],
      ['b[1]', 18, '${B}'],
      ['b[1]', 23, '${A}'],
    ]);
  });
});

describe('.env', () => {
  const files = {
    'sync.config.yaml': 'a: ${A}\nb: ${B:-none}\n',
    '.env': '\ufeffA=file\nexport B="x # y" # z\n',
  };

  test('is read from beside the config, and the environment wins', async () => {
    const { value } = await load(makeFolder(files), { environment: { A: 'shell' } });
    expect(value).toEqual({ a: 'shell', b: 'x # y' });
  });

  test('gives way to the file that was named', async () => {
    const folder = makeFolder({ ...files, 'prod.env': 'A=prod' });
    expect((await load(folder, { environmentFile: 'prod.env' })).value).toEqual({ a: 'prod', b: 'none' });
  });

  test('must exist when it is named', async () => {
    const [diagnostic] = await diagnose(makeFolder(files), { environmentFile: 'none.env' });
    expect(diagnostic?.message).toMatch(/none\.env cannot be read: there is no such file$/);
  });

  test('may be a folder, as Python makes one', async () => {
    const folder = makeFolder('a: 1');
    mkdirSync(path.join(folder, '.env'));
    expect((await load(folder)).value).toEqual({ a: 1 });
  });
});

describe('${file:…}', () => {
  test('reads a secret from beside the config, without its last line break', async () => {
    const folder = makeFolder({
      'sync.config.yaml': 'include: sub/more.yaml\na: ${file:secrets/${NAME}}\n',
      'sub/more.yaml': 'sources: { s: "Bearer ${file:secrets/token}" }\n',
      'secrets/token': 'hush\n\r\n',
    });
    const document = await load(folder, { environment: { NAME: 'token' } });
    expect(document.value).toMatchObject({ a: 'hush\n', sources: { s: 'Bearer hush\n' } });
    expect(document.secretValues).toEqual(new Set(['hush\n']));
  });

  test('a file that cannot be read is told at its place', async () => {
    const [diagnostic] = await diagnose(makeFolder('a: x ${file:none}\n'));
    expect(diagnostic).toMatchObject({
      code: 'config/file_reference',
      path: 'a',
      span: { start: 5, end: 17 },
    });
  });
});
