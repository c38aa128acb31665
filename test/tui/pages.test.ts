import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { noCounts, type PipelineResult } from '../../src/model/result.ts';
import { widthOf } from '../../src/tui/fitted.ts';
import { lookOf } from '../../src/tui/look.ts';
import type { RunAction } from '../../src/tui/model.ts';
import { createStore } from '../../src/tui/store.ts';
import type { Key } from '../../src/tui/view.ts';
import { linesOn } from './canvas.ts';

let mount: typeof import('../../src/tui/screen.tsx')['mount'];
beforeAll(async () => {
  // Ink draws nothing where it finds this.
  vi.stubEnv('CI', 'false');
  vi.stubEnv('CONTINUOUS_INTEGRATION', 'false');
  ({ mount } = await import('../../src/tui/screen.tsx'));
  return () => vi.unstubAllEnvs();
});

const start = Date.parse('2026-01-02T03:04:05.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const begun = (pipeline: string): RunAction => ({
  type: 'pipeline_started',
  at: at(0),
  pipeline,
  from: `crm.${pipeline}`,
  to: `db.${pipeline}`,
  step: 1,
  steps: 4,
});
const done = (more: Partial<PipelineResult>): PipelineResult => ({
  status: 'succeeded',
  ...noCounts,
  durationMs: 1200,
  ...more,
});
const counts = { ...noCounts, read: 4210, inserted: 3, updated: 4, rejected: 3 };

/** Half a minute of a run: one has ended well, one is under way, one has failed, one waits. */
const events: RunAction[] = [
  {
    type: 'run_started',
    at: at(0),
    run: '01JD5EXAMPLE',
    pipelines: ['campaigns', 'contacts', 'budget', 'last'],
  },
  begun('campaigns'),
  begun('contacts'),
  begun('budget'),
  {
    type: 'progress',
    at: at(1),
    pipeline: 'campaigns',
    counts: { ...noCounts, read: 9021 },
    progress: { done: 8, total: 8 },
  },
  {
    type: 'pipeline_finished',
    at: at(1),
    pipeline: 'campaigns',
    result: done({ read: 9021, inserted: 12, updated: 31 }),
  },
  ...Array.from(
    { length: 30 },
    (_, n): RunAction => ({
      type: 'progress',
      at: at(n + 1),
      pipeline: 'contacts',
      counts: { ...counts, read: 140 * (n + 1) + 10 },
      progress: { done: n + 1, total: 50 },
      detail: 'page 43',
    }),
  ),
  {
    type: 'notice',
    at: at(30),
    pipeline: 'contacts',
    level: 'warn',
    message: 'row rejected: email: "n/a"\u001b[31m',
  },
  {
    type: 'pipeline_finished',
    at: at(30),
    pipeline: 'budget',
    result: done({
      status: 'failed',
      read: 31,
      error: { code: 'sql/full', message: 'no room left on the disk', hint: 'Make room.' },
    }),
  },
  { type: 'clock', at: at(31) },
];

interface Drawn {
  readonly columns: number;
  readonly rows: number;
  readonly keys?: readonly Key[];
  readonly color?: 'always' | 'never';
  readonly locale?: string;
}

function drawn({ columns, rows, keys = [], color = 'never', locale = 'C.UTF-8' }: Drawn): string[] {
  const look = lookOf(color, { environment: { LANG: locale }, terminal: true, platform: 'linux' });
  const store = createStore(look, { columns, rows });
  store.open('syncline run --ui plain');
  for (const event of events) store.dispatch(event);
  for (const key of keys) store.press(key);
  store.publish();
  return linesOn(columns, rows, (canvas) =>
    mount(store, canvas, (error) => {
      throw error;
    }),
  );
}

const sizes = [
  [140, 40],
  [100, 24],
  [72, 20],
  [60, 15],
  [40, 8],
  [34, 10],
  [12, 3],
] as const;
const paths: readonly (readonly Key[])[] = [
  [],
  ['enter'],
  ['down', 'enter'],
  ['l'],
  ['?'],
  ['x'],
  ['q'],
  ['l', '?'],
];

describe('every page', () => {
  it.each(sizes)('fits %i by %i', (columns, rows) => {
    for (const keys of paths)
      for (const locale of ['C.UTF-8', 'C']) {
        const lines = drawn({ columns, rows, keys, locale });
        expect(lines.length, keys.join()).toBeLessThanOrEqual(rows - 1);
        for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      }
  });

  it('is pure ASCII where the locale is', () => {
    for (const keys of paths)
      for (const line of drawn({ columns: 100, rows: 24, keys, locale: 'C' }))
        expect(line).toMatch(/^[\u0020-\u007e]*$/);
  });

  it('has no colour where there are none, and says the same with them', () => {
    const plain = drawn({ columns: 100, rows: 24 });
    expect(plain.join('')).not.toContain('\u001b');
    const colored = drawn({ columns: 100, rows: 24, color: 'always' });
    expect(colored.join('')).toContain('\u001b[31m');
    const bare = (lines: string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd());
    expect(bare(colored)).toEqual(bare(plain));
  });
});

describe('the run', () => {
  it('shows all of it at 100 columns', () => {
    expect(drawn({ columns: 100, rows: 24 }).slice(0, 9)).toEqual([
      expect.stringMatching(
        /^ ● running 00:31 {3}4 pipelines: 1 ok · 1 running · 1 waiting · 1 failed {2}.*rows\/s/,
      ),
      '─'.repeat(100),
      '   pipeline   progress                read        +        ~    rej     rate     eta  note',
      '▸✓ campaigns  ████████████ 100%      9,021       12       31      0        –       –  1.2 s',
      expect.stringMatching(/^ . contacts {3}███████░░░░░ {2}60% {6}4,210 {8}3 {8}4 {6}3 .* page 43$/),
      ' ✗ budget                               31        0        0      0        –       –  no room left…',
      ' · last                                  –        –        –      –        –       –  waiting',
      '─'.repeat(100),
      expect.stringMatching(/^ \d\d:\d\d:\d\d {2}campaigns · started$/),
    ]);
  });

  it('tells the time to go only of what has a total', () => {
    const [, , , , contacts = '', budget = ''] = drawn({ columns: 100, rows: 24 });
    expect(contacts).toMatch(/ 2\ds {2}page/);
    expect(budget).not.toMatch(/%|\ds /);
  });

  it('drops columns at 60, and keeps status, name and what was read', () => {
    const lines = drawn({ columns: 60, rows: 15 });
    expect(lines[2]).toBe('   pipeline      %       read        +        ~    rej');
    expect(lines[3]).toBe('▸✓ campaigns  100%      9,021       12       31      0');
    expect(lines.at(-1)).toMatch(/q quit$/);
  });

  it('is one line at 34 by 10', () => {
    const [line, ...others] = drawn({ columns: 34, rows: 10 });
    expect(line).toMatch(/^● 2\/4 · 13,262 read · \d+\/s/);
    expect(others.join('').trim()).toBe('');
  });

  it('obeys nothing that comes with the data', () => {
    expect(drawn({ columns: 100, rows: 24 }).join('\n')).toContain(
      'warning · contacts · row rejected: email: "n/a"\\u001b[31m',
    );
  });

  it('keeps the selected pipeline in sight', () => {
    const lines = drawn({ columns: 60, rows: 8, keys: ['down', 'down', 'down'] });
    expect(lines.join('\n')).toMatch(/^▸· last/m);
  });
});

it('the details name all there is, with the error whole', () => {
  const text = drawn({ columns: 100, rows: 24, keys: ['down', 'down', 'enter'] }).join('\n');
  for (const part of [
    '✗ budget',
    'crm.budget → db.budget',
    '31 read',
    'no room left on the disk  [sql/full]',
    'Make room.',
  ])
    expect(text).toContain(part);
});

it('the foot offers only keys that do something', () => {
  const foot = (keys: readonly Key[]) => drawn({ columns: 100, rows: 24, keys }).at(-1);
  expect(foot([])).toBe(' ↑↓ select  enter details  l logs  x stop  s stream  ? help  q quit');
  expect(foot(['l'])).toBe(' esc back  ↑↓ scroll  x stop  s stream  ? help  q quit');
  expect(foot(['x'])).toBe(' Stop after the batches under way?   y yes   n no');
});

it('the help names the command that does the same', () => {
  const text = drawn({ columns: 100, rows: 24, keys: ['?'] }).join('\n');
  expect(text).toContain('syncline run --ui plain');
  expect(text).toContain('syncline show 01JD5EXAMPLE');
});
