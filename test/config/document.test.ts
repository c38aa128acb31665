import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/diagnostics.ts';
import { sayPath } from '../../src/config/document.ts';
import { cases } from '../counts.ts';
import { diagnose, load, makeFolder } from './folder.ts';

describe('finding the config', () => {
  test('looks in the folder and the ones above it', async () => {
    const folder = makeFolder('version: 1\n');
    mkdirSync(path.join(folder, 'a/b'), { recursive: true });
    const document = await load(path.join(folder, 'a/b'));
    expect(document.file).toBe(path.join(folder, 'sync.config.yaml'));
  });

  test.each(['sync.config.yaml', 'sync.config.yml', 'sync.config.json', '.config/sync.config.yaml'])(
    'finds %s',
    async (name) => {
      const folder = makeFolder({ [name]: '{"version": 1}' });
      expect((await load(folder)).file).toBe(path.join(folder, name));
    },
  );

  test('takes the file that was named, relative to the working directory', async () => {
    const folder = makeFolder({ 'sync.config.yaml': 'version: 1', 'other/mine.yaml': 'version: 2' });
    expect((await load(folder, { file: 'other/mine.yaml' })).value).toEqual({ version: 2 });
  });

  test('an empty config nearby is found, not skipped for one further up', async () => {
    const folder = makeFolder({ 'sync.config.yaml': 'version: 1', 'inner/sync.config.yaml': '' });
    const [diagnostic] = await diagnose(path.join(folder, 'inner'));
    expect(diagnostic).toMatchObject({
      code: 'config/empty',
      span: { file: path.join(folder, 'inner/sync.config.yaml') },
    });
  });

  test('never runs JavaScript', async () => {
    const folder = makeFolder({
      'sync.config.js': 'process.exit(9)',
      'syncline.config.js': 'process.exit(9)',
    });
    expect((await diagnose(folder))[0]?.code).toBe('config/not_found');
  });

  test.each([
    ['package.json', '{'],
    ['.config/config.json', '{ "other": "settings" }'],
    ['.config/config.js', 'process.exit(9)'],
    ['.config/config.cjs', 'process.exit(9)'],
  ])('leaves %s alone, whosoever it is', async (name, text) => {
    const folder = makeFolder({ [name]: text, 'sync.config.yaml': 'version: 1' });
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect((await load(folder)).file).toBe(path.join(folder, 'sync.config.yaml'));
    } finally {
      process.chdir(before);
    }
  });

  test('names the folder when there is none, and shows what one looks like', async () => {
    const folder = makeFolder({});
    const [diagnostic] = await diagnose(folder);
    expect(diagnostic).toMatchObject({
      code: 'config/not_found',
      message: `there is no config in ${folder} or a folder above it`,
      help: expect.stringContaining('version: 1\nsources:\n'),
    });
  });

  test.each([
    ['missing.yaml', 'config/not_found', 'there is no such file'],
    ['.', 'config/unreadable', 'it is not a file'],
    ['large.yaml', 'config/too_large', 'it has 100000001 bytes'],
    ['utf16.yaml', 'config/not_text', 'it is not UTF-8 text'],
    ['nul.yaml', 'config/not_text', 'it is not UTF-8 text'],
  ])('refuses %s with %s', async (file, code, reason) => {
    const folder = makeFolder({
      'utf16.yaml': Buffer.from('\ufeffversion: 1', 'utf16le'),
      'nul.yaml': 'a: \0',
    });
    writeFileSync(path.join(folder, 'large.yaml'), '');
    truncateSync(path.join(folder, 'large.yaml'), 100_000_001);
    const [diagnostic] = await diagnose(folder, { file });
    expect(diagnostic?.code).toBe(code);
    expect(diagnostic?.message).toContain(reason);
  });
});

describe('the value', () => {
  test('is what the YAML says, in maps without a prototype', async () => {
    const { value } = await load(makeFolder('\ufeffa: { b: [1, true, ~, "x"] }\n__proto__: { c: 1 }\n'));
    expect(JSON.stringify(value)).toBe('{"a":{"b":[1,true,null,"x"]},"__proto__":{"c":1}}');
    expect(Object.getPrototypeOf(value)).toBeNull();
  });

  test('keeps keys as they are written', async () => {
    const { value } = await load(makeFolder('012: a\n~: b\n1.10: c\nyes: d\n"<<": e\n'));
    expect(Object.keys(value as object)).toEqual(['012', '~', '1.10', 'yes', '<<']);
  });

  test('keeps whole numbers exact', async () => {
    const { value } = await load(
      makeFolder('a: 9007199254740991\nb: 9007199254740993\nc: -123456789012345678901\n'),
    );
    expect(value).toEqual({ a: 9007199254740991, b: 9007199254740993n, c: -123456789012345678901n });
  });

  test('has anchors and `<<` resolved: own keys win, then earlier maps', async () => {
    const text = 'x-a: &a { k: 1, l: 1 }\nx-b: &b { l: 2, m: 2 }\np: { <<: [*a, *b], k: 0 }\nq: *b\n';
    expect((await load(makeFolder(text))).value).toMatchObject({
      p: { k: 0, l: 1, m: 2 },
      q: { l: 2, m: 2 },
    });
  });

  test('an alias bomb is refused at once', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const below = level === 0 ? 'lol' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => below).join(', ')}]\n`;
    });
    const started = Date.now();
    const diagnostics = await diagnose(makeFolder(levels.join('')));
    expect(diagnostics.map(({ code }) => code)).toEqual(['config/alias']);
    expect(Date.now() - started).toBeLessThan(1000);
  });

  test.each(['[', '{a: ', '- ', '? '])('20,000 levels of "%s" are refused at once', async (level) => {
    const started = Date.now();
    const diagnostics = await diagnose(makeFolder(`a:\n  ${level.repeat(20_000)}`));
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.code).toBe('config/too_deep');
    expect(Date.now() - started).toBeLessThan(1000);
  });

  test('any text is either read or refused with its mistakes', async () => {
    const pieces = [
      'a: ',
      'b: ',
      '\n',
      '\n  ',
      '\t',
      '- ',
      '{ ',
      ' }',
      '[',
      ']',
      ', ',
      '"',
      "'",
      '&x ',
      '*x',
      '*.csv',
      '!t ',
    ];
    const more = [
      '${A}',
      '${',
      '$${',
      '@daily',
      '|\n',
      '>',
      '# c',
      '<<: ',
      '? ',
      '012',
      '---\n',
      '\r\n',
      '😀',
      '`',
      '%',
      '\\u',
      '...',
    ];
    const texts = fc
      .array(fc.constantFrom(...pieces, ...more), { maxLength: 25 })
      .map((parts) => parts.join(''));
    const check = fc.asyncProperty(texts, async (text) => {
      await load(makeFolder(text)).catch((error) => {
        expect(error).toBeInstanceOf(ConfigError);
        for (const { span, message } of (error as ConfigError).diagnostics) {
          expect(message).not.toBe('');
          if (span !== undefined)
            expect(span.start <= span.end && span.end <= span.text.length + 2).toBe(true);
        }
      });
    });
    await fc.assert(check, { numRuns: 5 * cases });
  });
});

describe('places', () => {
  const text = 'a: 1\nb:\n  - x\n  - { c: deep }\nempty:\n';
  const written = (span: { text: string; start: number; end: number } | undefined) =>
    span?.text.slice(span.start, span.end);

  test('span shows the value, or the key', async () => {
    const document = await load(makeFolder(text));
    expect(written(document.span(['b', 1, 'c']))).toBe('deep');
    expect(written(document.span(['b', 1, 'c'], 'key'))).toBe('c');
    expect(written(document.span(['b', 0], 'key'))).toBe('x');
    expect(written(document.span(['empty']))).toBe('empty');
  });

  test('span of what is not there is the nearest thing around it', async () => {
    const document = await load(makeFolder(text));
    expect(written(document.span(['b', 1, 'missing', 'more']))).toBe('{ c: deep }');
    expect(written(document.span(['a', 'missing']))).toBe('a');
    expect(written(document.span(['missing']))).toContain('a: 1');
  });

  test('origin counts lines and columns from 1', async () => {
    const folder = makeFolder(text);
    const file = path.join(folder, 'sync.config.yaml');
    expect((await load(folder)).origin(['b', 1, 'c'])).toEqual({ file, line: 4, column: 10 });
  });

  test('a path is said with its odd names in quotes', () => {
    expect(sayPath(['pipelines', 'a.b', 'tags', 0, 'x'])).toBe('pipelines."a.b".tags[0].x');
  });
});

describe('include', () => {
  test('a glob without quotes is told once', async () => {
    expect((await diagnose(makeFolder('include: *.yaml\n'))).map(({ code }) => code)).toEqual([
      'config/unquoted',
    ]);
    expect((await diagnose(makeFolder('include: ${NONE}\n'))).map(({ code }) => code)).toEqual([
      'config/unset_variable',
    ]);
  });

  test('merges names from other files, each of which keeps its places', async () => {
    const folder = makeFolder({
      'sync.config.yaml': 'include: [more/**/*.yaml, "*.yaml"]\nsources: { a: 1 }\n',
      'more/b.yaml': 'x-shared: &s 2\nsources:\n  b: *s\nsinks: { d: 1 }\n',
      'more/deep/c.yaml': 'sources: { c: "${C}" }\n',
      'more/.hidden.yaml': 'version: 9\n',
      'more/empty.yaml': '# nothing now\n',
    });
    const document = await load(folder, { environment: { C: '3' } });
    expect(document.value).toMatchObject({ sources: { a: 1, b: 2, c: '3' }, sinks: { d: 1 } });
    expect(document.fromEnvironment).toEqual(new Set(['/sources/c']));
    expect(document.files.map((file) => path.relative(folder, file))).toEqual([
      'sync.config.yaml',
      'more/b.yaml',
      'more/deep/c.yaml',
      'more/empty.yaml',
    ]);
    expect(document.origin(['sources', 'b'])).toEqual({
      file: path.join(folder, 'more/b.yaml'),
      line: 1,
      column: 14,
    });
  });

  test('mistakes in all files are told together', async () => {
    const folder = makeFolder({
      'sync.config.yaml': 'include: [parts/*.yaml, none.yaml, 3]\na: ${UNSET}\n',
      'parts/a.yaml': 'state: x\ninclude: y\n',
      'parts/b.yaml': 'sources: [\n',
      'parts/c.yaml': '- list\n',
    });
    const found = (await diagnose(folder)).map(({ code, path: where, span }) => [
      path.relative(folder, span?.file ?? ''),
      code,
      where,
    ]);
    expect(found).toEqual([
      ['sync.config.yaml', 'config/unset_variable', 'a'],
      ['sync.config.yaml', 'config/include', 'include[1]'],
      ['sync.config.yaml', 'config/include', 'include[2]'],
      ['parts/b.yaml', 'config/syntax', 'sources'],
      ['parts/c.yaml', 'config/not_a_map', ''],
      ['parts/a.yaml', 'config/include', 'state'],
      ['parts/a.yaml', 'config/include', 'include'],
    ]);
  });
});
