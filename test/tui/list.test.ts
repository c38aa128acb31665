import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { noCounts, type PipelineResult } from '../../src/model/result.ts';
import type { KeptRun } from '../../src/state/state.ts';
import type { BrowserEvent } from '../../src/tui/browser.ts';
import { widthOf } from '../../src/tui/fitted.ts';
import { lookOf } from '../../src/tui/look.ts';
import type { Page, Place, Sheet } from '../../src/tui/page.ts';
import { dashboardPage, dashboardSheet } from '../../src/tui/pages/dashboard.ts';
import { historyPage, historySheet } from '../../src/tui/pages/history.ts';
import { runPlaceKeys } from '../../src/tui/pages/run-keys.ts';
import { readying } from '../../src/tui/readied.ts';
import { createPublisher } from '../../src/tui/store.ts';
import type { Key } from '../../src/tui/view.ts';
import { markedRow, pickedRows } from '../../src/tui/visit.ts';
import type { Looked, Stands, World } from '../../src/tui/world.ts';
import { browsing, start } from './browsed.ts';
import { linesOn } from './canvas.ts';

let mount: typeof import('../../src/tui/screen.tsx')['mount'];
beforeAll(async () => {
  // Ink draws nothing where it finds this.
  vi.stubEnv('CI', 'false');
  vi.stubEnv('CONTINUOUS_INTEGRATION', 'false');
  ({ mount } = await import('../../src/tui/screen.tsx'));
  return () => vi.unstubAllEnvs();
});

const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const result = (more: Partial<PipelineResult> = {}): PipelineResult => ({
  status: 'succeeded',
  ...noCounts,
  durationMs: 1200,
  ...more,
});
const hint =
  'The service account robot@p.iam.example cannot read this sheet. Share it with that address, then run it again.';
const failed = result({
  status: 'failed',
  read: 31,
  error: { code: 'http/status', message: '403 from sheets.example', hint },
});
const run = (
  runId: string,
  from: number,
  pipelines: KeptRun['pipelines'],
  more: Partial<KeptRun> = {},
): KeptRun => ({
  runId,
  status: 'succeeded',
  exitCode: 0,
  startedAt: at(from),
  finishedAt: at(from + 36),
  pipelines,
  ...more,
});
const recent = [
  run(
    '01JRUNNING',
    -60,
    { contacts: null },
    { status: 'running', finishedAt: undefined, exitCode: undefined },
  ),
  run('01JBUDGET', -3_600, { budget: failed }, { status: 'failed', exitCode: 1 }),
  run('01JCAMP', -1_800, { campaigns: result({ read: 9021, inserted: 12, updated: 31 }) }, { undone: true }),
  run(
    '01JOLD',
    -40_000,
    { campaigns: result({ status: 'partial', read: 9000, rejected: 2 }), contacts: result() },
    { status: 'partial', exitCode: 3 },
  ),
];
const ended = (runId: string, status: PipelineResult['status'], from: number) => ({
  runId,
  status,
  startedAt: at(from),
  finishedAt: at(from + 36),
});
const pipelines: Stands[] = [
  {
    pipeline: 'campaigns',
    status: 'idle',
    lastRun: ended('01JCAMP', 'succeeded', -1_800),
    lastSuccess: ended('01JCAMP', 'succeeded', -1_800),
    lag: 1_800,
    nextRun: at(1_805),
    from: 'crm.campaigns',
    to: 'db.campaigns',
  },
  {
    pipeline: 'contacts',
    status: 'running',
    running: { runId: '01JRUNNING', since: at(-60) },
    counts: { ...noCounts, read: 4210 },
    lastRun: ended('01JOLD', 'succeeded', -40_000),
    lag: 200_000,
    from: 'crm.contacts',
    to: 'db.contacts',
  },
  {
    pipeline: 'budget',
    status: 'failed',
    lastRun: ended('01JBUDGET', 'failed', -3_600),
    from: 'sheets.budget',
    to: 'db.budget',
  },
  { pipeline: '顧客', status: 'paused', from: 'crm.people', to: 'db.people' },
];
const looked: Looked = {
  scheduler: 'active',
  totals: { idle: 1, running: 1, failed: 1, never_run: 0, paused: 1 },
  pipelines,
  recent,
};

/** Nothing is asked of it but what it cannot do. */
const world = { name: 'sync.config.yaml', cannot: () => undefined } as unknown as World;

interface Drawn {
  readonly columns: number;
  readonly rows: number;
  readonly steps?: readonly (Sheet | BrowserEvent | Key)[];
  readonly place?: Place;
  readonly page?: Page;
  readonly color?: 'always' | 'never';
  readonly locale?: string;
}

const dashboard = dashboardSheet(looked, start);
const history = historySheet(recent, undefined, start);

function drawn({
  columns,
  rows,
  steps = [dashboard],
  place = { page: 'dashboard' },
  page = dashboardPage,
  color = 'never',
  locale = 'C.UTF-8',
}: Drawn): string[] {
  const look = lookOf(color, { environment: { LANG: locale }, terminal: true, platform: 'linux' });
  const ready = readying(look, (text) => text.replaceAll('s3cret', '***'));
  const options = { place, columns, rows, picks: page.picks === true };
  const fit = steps.map((step) => (typeof step === 'object' && 'rows' in step ? ready(step) : step));
  const before = browsing(fit.slice(0, 1), options).top;
  const keys = page.keys(world, place, markedRow(before), pickedRows(before));
  const { browser } = browsing(fit, { ...options, keys });
  const shown = {
    browser,
    look,
    world: world.name,
    command: page.command(place),
    keys,
    picks: page.picks === true,
  };
  const { published, subscribe } = createPublisher(shown);
  return linesOn(columns, rows, (canvas) =>
    mount({ published, subscribe }, canvas, (error) => {
      throw error;
    }),
  );
}

const places: readonly Omit<Drawn, 'columns' | 'rows'>[] = [
  {},
  { steps: [dashboard, 'j', 'j', 'enter'] },
  { steps: [dashboard, ' ', '/', 'b', 'u'] },
  { steps: [dashboard, 'u'] },
  { steps: [dashboard, '?'] },
  { steps: [dashboard, { type: 'failed', visit: 1, failure: failed.error ?? never() }, 'x'] },
  { steps: [{ type: 'clock', now: start + 300 }] },
  { steps: [history, 'o', 'O', 'enter', 'y'], place: { page: 'history' }, page: historyPage },
];

function never(): never {
  throw new Error('it has an error');
}

describe('a page of rows', () => {
  it.each([
    [140, 40],
    [100, 24],
    [60, 15],
    [40, 8],
    [34, 10],
    [12, 3],
  ])('fits %i by %i', (columns, rows) => {
    for (const place of places)
      for (const locale of ['C.UTF-8', 'C']) {
        const lines = drawn({ ...place, columns, rows, locale });
        expect(lines.length).toBeLessThanOrEqual(rows - 1);
        for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      }
  });

  it('is pure ASCII where the locale is, but for data', () => {
    for (const place of places)
      for (const line of drawn({ ...place, columns: 140, rows: 40, locale: 'C' }))
        expect(line.replaceAll('顧客', '')).toMatch(/^[\u0020-\u007e]*$/);
  });

  it('has no colour where there are none, and says the same with them', () => {
    for (const place of places) {
      const plain = drawn({ ...place, columns: 100, rows: 24 });
      expect(plain.join('')).not.toContain('\u001b');
      const colored = drawn({ ...place, columns: 100, rows: 24, color: 'always' });
      const bare = (lines: string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd());
      expect(bare(colored)).toEqual(bare(plain));
    }
    expect(drawn({ columns: 100, rows: 24, color: 'always' }).join('')).toContain('\u001b[31m');
  });

  it('says what is loading only when it takes long', () => {
    const drawnAt = (now: number) =>
      drawn({ columns: 60, rows: 12, steps: [{ type: 'clock', now }] }).join('\n');
    expect(drawnAt(start + 299)).not.toContain('Loading');
    expect(drawnAt(start + 300)).toContain('Loading…');
  });

  it('keeps what was loaded below what went wrong, with its hint whole', () => {
    const failure = { code: 'http/status', message: '403', hint };
    const lines = drawn({ columns: 60, rows: 15, steps: [dashboard, { type: 'failed', visit: 1, failure }] });
    expect(lines[2]).toBe(' 403  [http/status]');
    expect(lines.join('\n')).toContain('run it again.');
    expect(lines.join('\n')).toContain('✓ idle');
  });

  it('says why there are no rows', () => {
    const none = { ...dashboard, rows: [] };
    expect(drawn({ columns: 60, rows: 12, steps: [none] }).join('\n')).toContain(
      'The config has no pipelines.',
    );
    const filtered = drawn({ columns: 60, rows: 12, steps: [dashboard, '/', 'z', 'z', 'enter'] });
    expect(filtered.join('\n')).toContain('No row has "zz".');
  });

  it('keeps the mark in sight, and the lines of what is opened', () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({
      id: `${n}`,
      cells: [`row ${n}`],
      lines: [{ text: 'below' }],
    }));
    const many = { title: 'Many', columns: [{ name: 'what', rank: 0 }], rows, empty: '' };
    const lines = drawn({ columns: 60, rows: 12, steps: [many, 'G', 'enter', 'j'] });
    expect(lines.join('\n')).toMatch(/ ○ row 99\n▸ {3}below/);
  });

  it('shows no secret', () => {
    const rows = [{ id: 'a', cells: ['of s3cret'], lines: [{ text: 's3cret' }] }];
    const sheet = { title: 's3cret', columns: [{ name: 'what', rank: 0 }], rows, empty: '' };
    const text = drawn({ columns: 60, rows: 12, steps: [sheet, 'enter'] }).join('\n');
    expect(text).not.toContain('s3cret');
    expect(text.split('***')).toHaveLength(4);
  });
});

describe('the dashboard', () => {
  it('shows all of it at 140 columns', () => {
    expect(drawn({ columns: 140, rows: 40 }).slice(0, 7)).toEqual([
      expect.stringMatching(
        /^ 4 pipelines: 1 idle · 1 running · 1 failed · 1 paused {3}scheduler: active +sync\.config\.yaml$/,
      ),
      '─'.repeat(140),
      '   pipeline   status        last run             next     lag  last 24 h      read   rate  from and to',
      '▸○ campaigns  ✓ idle        ✓ succeeded 29m ago  in 30m   30m  ······!····✓  9,021         crm.campaigns → db.campaigns',
      ' ○ contacts   ● running 1m  ✓ succeeded 11h ago  –         2d  ······✓·····  4,210         crm.contacts → db.contacts',
      ' ○ budget     ✗ failed      ✗ failed 59m ago     –          –  ···········✗     31         sheets.budget → db.budget',
      ' ○ 顧客       ■ paused      –                    –          –  ············                crm.people → db.people',
    ]);
  });

  it('drops what matters less at 60 columns', () => {
    const lines = drawn({ columns: 60, rows: 15 });
    expect(lines[2]).toBe('   pipeline   status        last run             next');
    expect(lines.at(-1)).toMatch(/^ enter open {2}r run .*\? help {2}q quit$/);
  });

  it('opens a pipeline, with why it failed', () => {
    const text = drawn({ columns: 100, rows: 24, steps: [dashboard, 'G', 'k', 'enter'] }).join('\n');
    for (const part of [
      'way       sheets.budget → db.budget',
      'did       31 read',
      '403 from sheets.example  [http/status]',
    ])
      expect(text).toContain(part);
  });

  it('asks before it undoes, and says why a key does nothing', () => {
    const asked = drawn({ columns: 100, rows: 24, steps: [dashboard, 'u'] });
    expect(asked.at(-3)).toMatch(/^ Undo run 01JCAMP\? /);
    expect(asked.at(-1)).toBe(' y yes   n no');
    expect(drawn({ columns: 100, rows: 24, steps: [dashboard, 'x'] }).at(-3)).toBe(
      ' cancel: it does not run',
    );
  });

  it('has a help that names the command and what does nothing now', () => {
    const text = drawn({ columns: 100, rows: 30, steps: [dashboard, '?'] }).join('\n');
    expect(text).toContain('syncline status');
    expect(text).toContain('(not now: it does not run)');
    expect(text).toContain('q       leave');
  });
});

describe('the history', () => {
  it('shows runs with their counts, and opens their pipelines', () => {
    const lines = drawn({
      columns: 140,
      rows: 24,
      steps: [history, 'j', 'enter'],
      place: { page: 'history' },
      page: historyPage,
    });
    expect(lines[3]).toMatch(/● running +1 min 00 s +0 +0 +0 +contacts +01JRUNNING$/);
    expect(lines[4]).toMatch(/^▸ .* ✗ failed +36\.0 s +31 +0 +0 +budget +01JBUDGET$/);
    expect(lines[5]).toBe('    ✗ budget: failed, 31 read, 1.2 s');
    expect(lines.join('\n')).toMatch(/✓ succeeded .* 43 +0 {2}undone +campaigns/);
  });

  it('counts only the pipeline it is of', () => {
    const rows = historySheet(recent.slice(3), 'contacts', start).rows;
    expect(rows[0]?.cells.slice(3, 6)).toEqual(['0', '0', '0']);
  });
});

it('a run among the places shows where else one can go from it', () => {
  const browsed = (keys: readonly Key[]) => {
    const place: Place = { page: 'run', run: '01JCAMP' };
    const events: BrowserEvent[] = [
      {
        type: 'run',
        visit: 1,
        action: { type: 'run_started', at: at(0), run: '01JCAMP', pipelines: ['campaigns'] },
      },
    ];
    const run = { ...historyPage, keys: () => runPlaceKeys(world, { page: 'run', run: '01JCAMP' }, false) };
    return drawn({ columns: 100, rows: 24, steps: [...events, ...keys], place, page: run });
  };
  expect(browsed([]).at(-1)).toBe(
    ' esc back  ↑↓ select  enter details  l logs  x stop  d changes  e rejects  ? help  q quit',
  );
  expect(browsed(['x']).at(-1)).toBe(' Stop after the batches under way?   y yes   n no');
  expect(browsed(['u']).at(-3)).toBe(' undo: the run is under way');
});
