import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Browser, browserAt, reduceBrowser, topOf } from '../../src/tui/browser.ts';
import { pressed } from '../../src/tui/browser-keys.ts';
import { widthOf, wrapped } from '../../src/tui/fitted.ts';
import { lookOf } from '../../src/tui/look.ts';
import type { Sheet } from '../../src/tui/page.ts';
import { pageOf } from '../../src/tui/pages/index.ts';
import { runPlaceKeys } from '../../src/tui/pages/run-keys.ts';
import { readying } from '../../src/tui/readied.ts';
import { type Browsed, createPublisher } from '../../src/tui/store.ts';
import { markedRow, pickedRows } from '../../src/tui/visit.ts';
import { start } from './browsed.ts';
import { linesOn } from './canvas.ts';
import { knownWorld } from './known-world.ts';
import { sheetWhere } from './pages/sheets.ts';
import { type Screen, screens } from './screens.ts';

let mount: typeof import('../../src/tui/screen.tsx')['mount'];
/** By the name of their screen. */
const sheets = new Map<string, Sheet>();
const world = knownWorld();

beforeAll(async () => {
  // Ink draws nothing where it finds this.
  vi.stubEnv('CI', 'false');
  vi.stubEnv('CONTINUOUS_INTEGRATION', 'false');
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  ({ mount } = await import('../../src/tui/screen.tsx'));
  for (const screen of screens) {
    const { name, place } = screen;
    if (place.page === 'run') continue;
    sheets.set(name, await sheetWhere(pageOf(place), world, place, ({ rows }) => rows.length > 0));
  }
  return () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  };
});

const looks = {
  'in colours': { FORCE_COLOR: '1', LANG: 'C.UTF-8' },
  'with NO_COLOR': { NO_COLOR: '1', LANG: 'C.UTF-8' },
  'in ASCII': { NO_COLOR: '1', LANG: 'C' },
} as const;
type LookName = keyof typeof looks;

const lookNamed = (name: LookName) =>
  lookOf('auto', { environment: looks[name], terminal: true, platform: 'linux' });

const sizes = {
  widest: { columns: 140, rows: 40 },
  usual: { columns: 100, rows: 24 },
  narrow: { columns: 60, rows: 15 },
  small: { columns: 34, rows: 10 },
} as const;
type SizeName = keyof typeof sizes;

/** What is shown of a screen, after its keys. */
function shownOf(screen: Screen, sizeName: SizeName, lookName: LookName): Browsed {
  const { place, events = [], keys = [], ownRuns = [] } = screen;
  const look = lookNamed(lookName);
  const shown = (browser: Browser): Browsed => {
    const top = topOf(browser);
    const [row, picked] = [markedRow(top), pickedRows(top)];
    const common = { browser, look, world: world.name };
    if (place.page === 'run') {
      const offered = runPlaceKeys(world, place, top.watched?.run.result !== undefined);
      return { ...common, command: `syncline show ${place.run}`, keys: offered, picks: false };
    }
    const page = pageOf(place);
    const offered = page.keys(world, place, row, picked);
    return { ...common, command: page.command(place), keys: offered, picks: page.picks === true };
  };
  let browser = browserAt(place, sizes[sizeName], start);
  const sheet = sheets.get(screen.name);
  if (sheet) {
    const ready = readying(look, (text) => text);
    browser = reduceBrowser(browser, { type: 'sheet', visit: 1, sheet: ready(sheet) });
  }
  for (const event of events) browser = reduceBrowser(browser, event);
  for (const key of keys) browser = pressed(browser, key, { ...shown(browser), ownRuns }).browser;
  return shown(browser);
}

const frames = new Map<string, readonly string[]>();

/** The lines of a screen, which is drawn once. */
function drawn(screen: Screen, size: SizeName, look: LookName = 'with NO_COLOR'): readonly string[] {
  const name = [screen.name, screen.keys, size, look].join();
  const lines = frames.get(name) ?? draw(screen, size, look);
  frames.set(name, lines);
  return lines;
}

function draw(screen: Screen, size: SizeName, look: LookName): readonly string[] {
  const { columns, rows } = sizes[size];
  const { published, subscribe } = createPublisher(shownOf(screen, size, look));
  return linesOn(columns, rows, (canvas) =>
    mount({ published, subscribe }, canvas, (error) => {
      throw error;
    }),
  );
}

const paged = ['widest', 'usual', 'narrow'] as const;
const named = screens.map((screen) => [screen.name, screen] as const);
const each = named.flatMap(([name, screen]) =>
  Object.entries(sizes).map(([size, { columns, rows }]) => [name, columns, rows, screen, size] as const),
) as readonly (readonly [string, number, number, Screen, SizeName])[];

const bare = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd());

/** Whether a list has what another has, in its order, but for some. */
function isPartOf<Item>(some: readonly Item[], all: readonly Item[]): boolean {
  const left = all[Symbol.iterator]();
  return some.every((item) => {
    for (let next = left.next(); !next.done; next = left.next()) if (next.value === item) return true;
    return false;
  });
}

describe.each(each)('%s at %i by %i', (_name, columns, rows, screen, size) => {
  it('fits, in every look, and leaves the last row free', () => {
    for (const look of Object.keys(looks) as LookName[]) {
      const lines = drawn(screen, size, look);
      expect(lines.length).toBeLessThanOrEqual(rows - 1);
      for (const line of lines)
        expect(widthOf(stripVTControlCharacters(line)), line).toBeLessThanOrEqual(columns);
    }
  });

  it('has colours only where they are wanted, and says the same without', () => {
    const [colored, plain] = [drawn(screen, size, 'in colours'), drawn(screen, size, 'with NO_COLOR')];
    expect(plain.join('')).not.toContain('\u001b');
    const others = colored
      .join('')
      .split('\u001b')
      .slice(1)
      .filter((after) => !/^\[\d+m/.test(after));
    expect(others).toEqual([]);
    if (size !== 'small') expect(colored.join('')).toContain('\u001b');
    expect(bare(colored)).toEqual(bare(plain));
  });

  it('is ASCII where the locale is', () => {
    for (const line of drawn(screen, size, 'in ASCII')) expect(line).toMatch(/^[ -~]*$/);
  });
});

describe.each(named)('%s', (_name, screen) => {
  it.each(paged)('shows what matters where there is room for pages: %s', (size) => {
    for (const look of ['with NO_COLOR', 'in ASCII'] as const) {
      // However it is broken into lines.
      const text = drawn(screen, size, look).join(' ').replaceAll(/ +/g, ' ');
      for (const what of screen.shows) expect(text).toMatch(what);
    }
  });

  it('is one line where there is none, with what matters most', () => {
    const [line, ...others] = drawn(screen, 'small');
    expect(line).toMatch(screen.line);
    expect(others.join('').trim()).toBe('');
  });

  it.each(paged)('marks one line, or what is asked and the help lie over it: %s', (size) => {
    const marked = (look: LookName, mark: RegExp) =>
      drawn(screen, size, look).filter((line) => mark.test(line));
    const wanted = screen.marks ? [expect.stringMatching(screen.marks)] : [];
    expect(marked('with NO_COLOR', /^▸/)).toEqual(wanted);
    expect(marked('in ASCII', /^>/)).toHaveLength(screen.marks ? 1 : 0);
  });

  it('has in its foot the most wanted keys there is room for, and how to get out', () => {
    const feet = paged.map((size) => (drawn(screen, size).at(-1) ?? '').trim().split(/ {2,}/));
    for (const foot of feet) {
      expect(foot.at(-1)).toMatch(screen.out ?? /^q quit$/);
      expect(isPartOf(foot, feet[0] ?? []), foot.join('  ')).toBe(true);
    }
  });
});

const lists = named.filter(([, { place, marks }]) => place.page !== 'run' && marks !== undefined);
const offering = named.filter(([, { place, out }]) => place.page !== 'run' && out === undefined);

it.each(lists)('%s drops the columns that matter least first, and keeps their order', (_name, screen) => {
  const columns = sheets.get(screen.name)?.columns ?? [];
  const headings = paged.map((size) => {
    const lines = drawn(screen, size).map((line) => line.trim().split(/ {2,}/));
    return lines.find(([name]) => name === columns[0]?.name) ?? [];
  });
  for (const heading of headings) {
    expect(heading).not.toEqual([]);
    expect(
      isPartOf(
        heading,
        columns.map(({ name }) => name),
      ),
    ).toBe(true);
    const rank = (isKept: boolean) =>
      columns.filter(({ name }) => heading.includes(name) === isKept).map(({ rank }) => rank);
    expect(Math.max(...rank(true)), heading.join(', ')).toBeLessThanOrEqual(Math.min(...rank(false)));
  }
});

it.each(offering)('%s offers no key that does nothing now, and its help says why', (_name, screen) => {
  const { keys } = shownOf(screen, 'widest', 'with NO_COLOR');
  const foot = drawn(screen, 'widest').at(-1) ?? '';
  const help = drawn({ ...screen, keys: [...(screen.keys ?? []), '?'] }, 'widest')
    .join(' ')
    .replaceAll(/\s+/g, ' ');
  for (const { key, word, disabled } of keys) {
    expect(` ${foot} `.includes(` ${key} ${word} `), `${key} ${word}`).toBe(disabled === undefined);
    if (disabled !== undefined) expect(help).toContain(`(not now: ${disabled})`);
  }
});

it('is known of everything that can be looked at', () => {
  const pages = new Set(screens.map(({ place }) => place.page));
  expect([...pages].sort()).toEqual([
    'changes',
    'dashboard',
    'history',
    'logs',
    'plan',
    'rejects',
    'run',
    'why',
  ] satisfies Screen['place']['page'][]);
});

it('the help of a place names the command that does the same once', () => {
  const helps = screens.filter(({ name }) => name.startsWith('the help'));
  for (const help of helps)
    expect(drawn(help, 'widest').filter((line) => /^ +syncline /.test(line))).toHaveLength(1);
});

it('keeps what is set in as it is, also where it is broken into lines', () => {
  const rejects = screens.find(({ place }) => place.page === 'rejects');
  expect(rejects && drawn(rejects, 'narrow')).toContain('      "email": "n/a"');
  expect(wrapped('  one two three\n    four', 9)).toEqual(['  one two', '  three', '    four']);
  expect(wrapped(`${' '.repeat(20)}one two`, 8)).toEqual(['    one', '    two']);
});
