import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/config/diagnostics.ts';
import { reportDiagnostics } from '../../src/config/report.ts';
import { didYouMean } from '../../src/config/suggest.ts';

/** A diagnostic on the word between brackets. */
function marked(marking: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = marking.indexOf('⟦');
  const end = marking.indexOf('⟧') - 1;
  const text = marking.replace(/[⟦⟧]/g, '');
  const span = { file: '/here/sync.config.yaml', text, start, end };
  return { severity: 'error', code: 'config/syntax', path: 'a.b', message: 'no', span, ...more };
}

const options = { format: 'text', color: false, unicode: true, directory: '/here' } as const;
const frameOf = (marking: string) =>
  reportDiagnostics([marked(marking)], options)
    .split('\n')
    .slice(2, -3);

test('the report of a config error', () => {
  const diagnostic = marked('sources:\n  crm:\n    type: ⟦postgress⟧\n', {
    path: 'sources.crm.type',
    message: '"postgress" is not one of: file, libsql',
    help: 'did you mean "postgres"?',
  });
  expect(reportDiagnostics([diagnostic], options)).toBe(`\
error sources.crm.type: "postgress" is not one of: file, libsql  [config/syntax]
  → sync.config.yaml:3:11
 2 │   crm:
 3 │     type: postgress
   │           ^^^^^^^^^
   help: did you mean "postgres"?

✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
`);
});

describe('the summary', () => {
  const last = (...diagnostics: Diagnostic[]) =>
    reportDiagnostics(diagnostics, options).trimEnd().split('\n').at(-1);
  const warning = marked('⟦x⟧', { severity: 'warning', code: 'config/ambiguous' });
  const elsewhere = (file: string) => marked('', { span: { file, text: 'x', start: 0, end: 1 } });

  test('counts errors and warnings, and leads to the first error', () => {
    expect(last(warning, marked('⟦x⟧'), marked('⟦y⟧'))).toBe(
      '✗ 2 errors, 1 warning in sync.config.yaml · nothing was run · more: syncline explain config/syntax',
    );
  });

  test('of warnings alone does not say that nothing was run', () => {
    expect(last(warning, warning)).toBe(
      '! 2 warnings in sync.config.yaml · more: syncline explain config/ambiguous',
    );
  });

  test('names two files, and counts more', () => {
    expect(last(marked('⟦x⟧'), elsewhere('/here/b.yaml'))).toContain('in sync.config.yaml and b.yaml ·');
    expect(last(marked('⟦x⟧'), elsewhere('/b.yaml'), elsewhere('/c.yaml'))).toContain('in 3 files ·');
  });

  test('is silent when there is nothing to say', () => {
    expect(reportDiagnostics([], options)).toBe('');
  });
});

describe('the frame', () => {
  test('has no line before the first', () => {
    expect(frameOf('a: ⟦b⟧\nc: d')).toEqual([' 1 │ a: b', '   │    ^']);
  });

  test('widens for long line numbers', () => {
    expect(frameOf(`${'\n'.repeat(98)}x\n⟦y⟧`)).toEqual(['  99 │ x', ' 100 │ y', '     │ ^']);
  });

  test('shows the first line of a long span, and one caret for none', () => {
    expect(frameOf('a: ⟦b\n  c⟧')).toEqual([' 1 │ a: b', '   │    ^']);
    expect(frameOf('a:⟦⟧\n')).toEqual([' 1 │ a:', '   │   ^']);
  });

  test('keeps carets under tabs, emoji, wide and combining characters, and Windows line ends', () => {
    expect(frameOf('a\r\n\t😀漢e\u0301 ⟦x⟧ y\r\n')).toEqual([
      ' 1 │ a',
      ' 2 │     😀漢e\u0301 x y',
      '   │           ^',
    ]);
    expect(frameOf('⟦漢字⟧')).toEqual([' 1 │ 漢字', '   │ ^^^^']);
  });

  test('cuts long lines around the span', () => {
    const [line, carets] = frameOf(`${'x'.repeat(5000)} ⟦here⟧ ${'y'.repeat(5000)}`);
    expect(line).toMatch(/^ 1 │ …x+ here y+…$/);
    expect(line?.length).toBeLessThan(120);
    expect(carets?.indexOf('^')).toBe(line?.indexOf('here'));
    expect(carets?.match(/\^/g)).toHaveLength(4);
  });

  test('cuts a long line of wide characters without moving the carets', () => {
    for (const shift of ['', 'x']) {
      const [line = '', carets = ''] = frameOf(`${shift}${'漢'.repeat(200)}⟦here⟧`);
      const wide = line.match(/漢/g)?.length ?? 0;
      expect(carets.indexOf('^')).toBe(line.indexOf('here') + wide);
    }
  });

  test('cuts a span that is longer than the window', () => {
    const [line = '', carets = ''] = frameOf(`a: ⟦${'x'.repeat(5000)}⟧`);
    expect(line.length).toBeLessThan(120);
    expect(carets.length).toBeLessThan(120);
  });

  test('lets no character of the file control the terminal', () => {
    expect(frameOf('⟦a⟧\u001b[2J\u202e\u0007')).toEqual([' 1 │ a�[2J��', '   │ ^']);
  });

  test('has escape codes only when asked', () => {
    expect(reportDiagnostics([marked('⟦x⟧')], options)).not.toContain('\u001b');
    expect(reportDiagnostics([marked('⟦x⟧')], { ...options, color: true })).toContain(
      '\u001b[31m^\u001b[39m',
    );
  });
});

test('JSON has the same members for every diagnostic, and ends are exclusive', () => {
  const nowhere: Diagnostic = { severity: 'warning', code: 'config/empty', path: '', message: 'm' };
  const json = reportDiagnostics([marked('a\nb: ⟦c⟧', { help: 'h' }), nowhere], {
    ...options,
    format: 'json',
  });
  expect(JSON.parse(json)).toEqual({
    ok: false,
    errors: [
      {
        severity: 'error',
        code: 'config/syntax',
        path: 'a.b',
        message: 'no',
        help: 'h',
        file: 'sync.config.yaml',
        line: 2,
        column: 4,
        endLine: 2,
        endColumn: 5,
      },
      {
        severity: 'warning',
        code: 'config/empty',
        path: '',
        message: 'm',
        help: null,
        file: null,
        line: null,
        column: null,
        endLine: null,
        endColumn: null,
      },
    ],
  });
  expect(JSON.parse(reportDiagnostics([nowhere], { ...options, format: 'json' })).ok).toBe(true);
  expect(JSON.parse(reportDiagnostics([], { ...options, format: 'json' }))).toEqual({ ok: true, errors: [] });
});

test('GitHub gets one escaped annotation per diagnostic', () => {
  const span = { file: '/here/a,b:c.yaml', text: 'x', start: 0, end: 1 };
  const diagnostics = [
    marked('', { span, message: '100% a\r\n::b', help: 'line\nline' }),
    marked('', { severity: 'warning', span: undefined, path: '' }),
  ];
  expect(reportDiagnostics(diagnostics, { ...options, format: 'github' })).toBe(
    '::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=config/syntax::a.b: 100%25 a%0D%0A::b%0Ahelp: line%0Aline\n' +
      '::warning title=config/syntax::no\n',
  );
});

test.each([
  ['postgress', 'postgres'],
  ['primarykey', 'primary_key'],
  ['FROM', 'from'],
  ['form', 'from'],
  ['zzz', undefined],
  ['from', undefined],
])('%s suggests %s', (word, expected) => {
  expect(didYouMean(word, ['from', 'to', 'postgres', 'primary_key'])).toBe(expected);
});
