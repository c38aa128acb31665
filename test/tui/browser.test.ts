import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageKey, Row, Sheet } from '../../src/tui/page.ts';
import { markedRow, pickedRows } from '../../src/tui/visit.ts';
import { browsing } from './browsed.ts';

const columns = [
  { name: 'name', rank: 0 },
  { name: 'size', rank: 1 },
];
const sheetOf = (...rows: readonly Row[]): Sheet => ({ title: 'Things', columns, rows, empty: 'None.' });
const row = (id: string, size: string | number = '', lines: readonly string[] = []): Row => ({
  id,
  cells: [id, String(size)],
  lines: lines.map((text) => ({ text })),
});
const three = sheetOf(row('one', 900, ['first', 'second']), row('two', '1,200'), row('three', 30));
const marked = (...args: Parameters<typeof browsing>) => markedRow(browsing(...args).top)?.id;
const ids = (...args: Parameters<typeof browsing>) => browsing(...args).top.rows.map(({ id }) => id);

const act = { type: 'do', work: async () => ({}) } as const;
const keys: PageKey[] = [
  { key: 'h', word: 'history', does: 'its runs', act: { type: 'go', to: { page: 'history' } } },
  { key: 'v', word: 'other', does: 'others', act: { type: 'go', to: { page: 'history' }, instead: true } },
  { key: 'r', word: 'run', does: 'run it', act },
  { key: 'u', word: 'undo', does: 'undo it', act: { ...act, ask: 'Undo it?' } },
  { key: 'p', word: 'pause', does: 'pause it', disabled: 'nothing schedules it', act },
];

describe('the mark', () => {
  it.each([
    [['j'], 'two'],
    [['down', 'down', 'down'], 'three'],
    [['G'], 'three'],
    [['G', 'g'], 'one'],
    [['pagedown'], 'three'],
    [['pagedown', 'pageup'], 'one'],
    [['k'], 'one'],
  ])('is moved by %j to %s', (pressed, id) => {
    expect(marked([three, ...pressed])).toBe(id);
  });

  it('stays with its row when others come and go, and near where it was when it goes', () => {
    const more = sheetOf(row('zero'), ...three.rows);
    expect(marked([three, 'j', more])).toBe('two');
    expect(marked([three, 'j', sheetOf(row('one'), row('three'))])).toBe('three');
    expect(marked([three, 'G', sheetOf(row('one'))])).toBe('one');
    expect(marked([three, sheetOf()])).toBeUndefined();
  });

  it('stays at the end of what grows while it is there', () => {
    const growing = (...rows: readonly Row[]) => ({ ...sheetOf(...rows), grows: true });
    const [one, two] = [growing(row('1'), row('2')), growing(row('1'), row('2'), row('3'))];
    expect(marked([one])).toBe('2');
    expect(marked([one, two])).toBe('3');
    expect(marked([one, 'k', two])).toBe('1');
  });

  it('goes through the lines of an opened row, and back to the row when it is closed', () => {
    const { top } = browsing([three, 'enter', 'j', 'j']);
    expect(top.mark).toEqual({ row: 'one', place: 0, line: 2 });
    expect(marked([three, 'enter', 'j', 'j', 'j'])).toBe('two');
    expect(browsing([three, 'enter', 'j', 'j', 'j', 'k']).top.mark).toMatchObject({ place: 0, line: 2 });
    expect(browsing([three, 'enter', 'j', 'enter']).top).toMatchObject({
      mark: { row: 'one', line: 0 },
      opened: new Set(),
    });
  });

  it('is on a row that is shown, or there are none, whatever comes', () => {
    const anySheet = fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
      .map((names) => sheetOf(...names.map((name) => row(name, name.length, ['x', 'y']))));
    const anyKey = fc.constantFrom(
      'j',
      'k',
      'g',
      'G',
      'o',
      'O',
      'enter',
      '/',
      'a',
      'esc',
      'backspace',
      ' ',
      '?',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(anySheet, anyKey)), (steps) => {
        const { top } = browsing(steps);
        expect(markedRow(top)?.id).toBe(top.rows.length === 0 ? undefined : top.mark.row);
        expect(top.mark.place).toBeLessThan(Math.max(top.rows.length, 1));
      }),
    );
  });
});

describe('rows', () => {
  it('are filtered as one types, in any case, until esc', () => {
    expect(ids([three, '/', 'T', 'w'])).toEqual(['two']);
    expect(ids([three, '/', 'T', 'w', 'backspace'])).toEqual(['two', 'three']);
    expect(ids([three, '/', 'x', 'enter'])).toEqual([]);
    expect(ids([three, '/', 'x', 'esc'])).toHaveLength(3);
    expect(ids([three, '/', 'x', 'enter', 'esc'])).toHaveLength(3);
  });

  it('have no keys while one types', () => {
    expect(browsing([three, '/', 'q', 'u'], { keys })).toMatchObject({ commands: [], top: { filter: 'qu' } });
  });

  it('are sorted by one column after the other, numbers by size, and turned round', () => {
    expect(ids([three, 'o'])).toEqual(['one', 'three', 'two']);
    expect(ids([three, 'o', 'o'])).toEqual(['three', 'one', 'two']);
    expect(ids([three, 'o', 'o', 'O'])).toEqual(['two', 'one', 'three']);
    expect(ids([three, 'o', 'o', 'o'])).toEqual(['one', 'two', 'three']);
    expect(ids([three, 'O'])).toEqual(['three', 'two', 'one']);
  });

  it('are sorted as they say themselves, what is not known last', () => {
    const times = sheetOf(
      { id: 'later', cells: ['in 2h'], orders: [7_200] },
      { id: 'never', cells: ['–'], orders: [undefined] },
      { id: 'soon', cells: ['in 30m'], orders: [1_800] },
    );
    expect(ids([times, 'o'])).toEqual(['soon', 'later', 'never']);
  });

  it('are picked where the page picks, in the order of the sheet', () => {
    expect(pickedRows(browsing([three, 'G', ' ', 'g', ' '], { picks: true }).top)).toEqual(['one', 'three']);
    expect(pickedRows(browsing([three, ' ', ' '], { picks: true }).top)).toEqual([]);
    expect(pickedRows(browsing([three, ' ']).top)).toEqual([]);
  });

  it('are copied with their id, a line of an opened one by itself', () => {
    const one = sheetOf({ id: '01J', cells: ['a', 'b'], lines: [{ text: 'all of it '.repeat(20).trim() }] });
    expect(browsing([one, 'y']).commands).toEqual([{ type: 'copy', text: '01J\ta\tb' }]);
    expect(browsing([three, 'y']).commands).toEqual([{ type: 'copy', text: 'one\t900' }]);
    expect(browsing([one, 'enter', 'j', 'y']).commands).toEqual([
      { type: 'copy', text: 'all of it '.repeat(20).trim() },
    ]);
    const long = browsing([sheetOf(row('x'.repeat(60_000))), 'y']);
    expect(long.commands).toEqual([]);
    expect(long.browser.said?.text).toContain('too long');
  });
});

describe('places', () => {
  it('lie above each other, and esc leads back to what was left as it was', () => {
    const { browser } = browsing([three, 'j', 'h'], { keys });
    expect(browser.visits.map(({ place }) => place.page)).toEqual(['dashboard', 'history']);
    expect(marked([three, 'j', 'h', 'esc'], { keys })).toBe('two');
    expect(browsing([three, 'esc', 'esc']).browser.visits).toHaveLength(1);
  });

  it('may take the place of each other', () => {
    const { browser } = browsing([three, 'h', 'v', 'v'], { keys });
    expect(browser.visits.map(({ place }) => place.page)).toEqual(['dashboard', 'history']);
  });

  it('take no sheet that comes after they were left', () => {
    const { top } = browsing(['h', 'esc', { type: 'sheet', visit: 2, sheet: three }], { keys });
    expect(top.sheet).toBeUndefined();
  });

  it('keep what was loaded when loading fails, until it works again', () => {
    const failure = { code: 'io/failed', message: 'gone' };
    const { top } = browsing([three, { type: 'failed', visit: 1, failure }]);
    expect(top).toMatchObject({ sheet: three, failure });
    expect(browsing([three, { type: 'failed', visit: 1, failure }, three]).top.failure).toBeUndefined();
  });
});

describe('what is to be done', () => {
  it('is done at once, or after it is confirmed', () => {
    expect(browsing(['r'], { keys }).commands).toEqual([{ type: 'do', act }]);
    expect(browsing(['u'], { keys })).toMatchObject({ commands: [], browser: { asking: { word: 'undo' } } });
    expect(browsing(['u', 'y'], { keys }).commands).toHaveLength(1);
    for (const no of ['n', 'esc'])
      expect(browsing(['u', no], { keys })).toMatchObject({ commands: [], browser: { asking: undefined } });
    expect(browsing(['u', 'r', 'q', 'j'], { keys })).toMatchObject({ commands: [], browser: { asking: {} } });
  });

  it('is one thing at a time', () => {
    const { commands, browser } = browsing(['r', 'r'], { keys });
    expect(commands).toHaveLength(1);
    expect(browser.said?.text).toBe('wait until this is done: run');
    expect(browsing(['r', { type: 'done' }, 'r'], { keys }).commands).toHaveLength(2);
  });

  it('tells what came of it, leads on, and lets go what was picked', () => {
    const done = { type: 'done', said: 'did it', to: { page: 'run', run: '01J' } } as const;
    const { browser } = browsing([three, ' ', 'r', done], { keys, picks: true });
    expect(browser.said).toEqual({ text: 'did it', tone: 'good' });
    expect(browser.visits.map(({ place }) => place.page)).toEqual(['dashboard', 'run']);
    expect(browser.visits[0]?.picked.size).toBe(0);
  });

  it('takes nobody away who went elsewhere meanwhile', () => {
    const done = { type: 'done', to: { page: 'run', run: '01J' } } as const;
    const { browser } = browsing([three, 'r', 'h', done], { keys });
    expect(browser.visits.map(({ place }) => place.page)).toEqual(['dashboard', 'history']);
  });

  it('tells why it failed, with the hint, and keeps what was picked', () => {
    const failure = { code: 'lease/held', message: 'it runs', hint: 'Wait for it.' };
    const { browser, top } = browsing([three, ' ', 'r', { type: 'not_done', failure }], {
      keys,
      picks: true,
    });
    expect(browser).toMatchObject({
      said: { text: 'it runs  [lease/held]', hint: 'Wait for it.', tone: 'bad' },
      doing: undefined,
    });
    expect(top.picked.size).toBe(1);
  });

  it('is refused with why, until the next key', () => {
    const { browser, commands } = browsing(['p'], { keys });
    expect(commands).toEqual([]);
    expect(browser.said).toEqual({ text: 'pause: nothing schedules it', tone: 'warn' });
    expect(browsing(['p', 'j'], { keys }).browser.said).toBeUndefined();
  });
});

describe('leaving', () => {
  it('is at once where nothing of this process runs', () => {
    expect(browsing(['q']).commands).toEqual([{ type: 'leave', runs: 'none' }]);
  });

  it('asks what is to become of runs of this process', () => {
    const ownRuns = ['01J'];
    expect(browsing(['q'], { ownRuns })).toMatchObject({
      commands: [],
      browser: { asking: { type: 'leave' } },
    });
    expect(browsing(['q', 'x'], { ownRuns }).commands).toEqual([{ type: 'leave', runs: 'stop' }]);
    expect(browsing(['q', 'p'], { ownRuns }).commands).toEqual([{ type: 'leave', runs: 'tell' }]);
    expect(browsing(['q', 'esc'], { ownRuns })).toMatchObject({
      commands: [],
      browser: { asking: undefined },
    });
  });

  it('by Ctrl-C is possible wherever one is', () => {
    for (const before of [[], ['/'], ['?'], ['u'], ['h']])
      expect(browsing([...before, 'ctrl-c'], { keys }).commands).toEqual([{ type: 'stop' }]);
  });

  it('does not come from help, which it only closes', () => {
    for (const key of ['?', 'esc', 'q']) {
      const { browser, commands } = browsing(['?', 'r', key], { keys });
      expect({ help: browser.help, commands }).toEqual({ help: false, commands: [] });
    }
  });
});

describe('a run among the places', () => {
  const place = { page: 'run', run: '01J' } as const;
  const at = '2026-01-02T03:04:05Z';
  const begun = {
    type: 'run',
    visit: 1,
    action: { type: 'run_started', at, run: '01J', pipelines: ['a', 'b'] },
  } as const;

  it('has the keys of a run, and esc leads from its pages to it, and from it back', () => {
    expect(browsing([begun, 'j', 'enter'], { place }).top.watched?.view).toMatchObject({
      marked: 1,
      page: 'details',
    });
    expect(browsing([begun, 'l', 'esc'], { place }).top.watched?.view.page).toBe('run');
    const run = { ...begun, visit: 2 };
    const toRun: PageKey[] = [{ key: 'w', word: 'watch', does: '', act: { type: 'go', to: place } }];
    expect(browsing(['w', run, 'esc'], { keys: toRun }).browser.visits).toHaveLength(1);
  });

  it('is cancelled after it is confirmed', () => {
    expect(browsing([begun, 'x', 'n'], { place }).commands).toEqual([]);
    expect(browsing([begun, 'x', 'y'], { place }).commands).toEqual([{ type: 'cancel', run: '01J' }]);
  });

  it('leads on by the keys of its page, and has no plain lines', () => {
    expect(browsing([begun, 'h'], { place, keys }).browser.visits).toHaveLength(2);
    expect(browsing([begun, 's'], { place, keys }).commands).toEqual([]);
    expect(browsing([begun, '/', 'o', 'y'], { place }).browser.typing).toBe(false);
  });
});
