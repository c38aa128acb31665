import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { folderWith, query } from './cli.ts';
import { before, type Left, onTerminal } from './pty.ts';

/** A source that goes on for as long as nobody writes the file that ends it, or has it fail. */
const plugin = `import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'endless', summary: 'Counts until it is told to end.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { name: { type: 'string', description: 'A name.' } }, additionalProperties: false },
  shortForm: 'name',
  async open() {
    return {
      async *read({ options }) {
        for (let id = 1; ; id++) {
          // Large enough to be all that is read ahead.
          yield { records: [{ id }], bytes: 4 * 1024 * 1024, progress: { done: id, total: 1e9 }, detail: 'page ' + id };
          if (id % 25 === 1) console.log('said by the plugin');
          if (existsSync('end')) return;
          if (existsSync('throw')) throw new Error('thrown in read');
          if (existsSync('crash')) globalThis.setTimeout(() => { throw new Error('thrown in a timer'); });
          await setTimeout(20);
        }
      },
      async close() {},
    };
  },
});
`;

const config = `version: 1
sources:
  endless: { type: ./endless.ts, streams: { rows: x } }
  files: { type: file, streams: { rows: rows.jsonl } }
sinks: { db: { type: libsql, url: "file:sync.db" }, terminal: { type: stdout } }
pipelines:
  campaigns: { from: files.rows, to: db.campaigns, primary_key: id }
  contacts: { from: endless.rows, to: db.contacts, primary_key: id }
  printed: { from: files.rows, to: terminal.rows, enabled: false }
`;

const folder = () =>
  folderWith({ 'sync.config.yaml': config, 'endless.ts': plugin, 'rows.jsonl': '{"id":1}\n{"id":2}\n' });
const say = (folder: string, what: string) => writeFile(join(folder, what), '');

/** The terminal is as it was: what stood there stands there, and nothing above was wiped. */
function expectRestored({ main, raw, isMain, hasCursor }: Left): void {
  expect({ isMain, hasCursor }).toEqual({ isMain: true, hasCursor: true });
  expect(main).toContain(before);
  expect(raw.split('\u001b[3J').length - 1).toBe(0);
  expect(raw).toContain('\u001b[?1049h');
}

describe('the screen of a run', () => {
  it('shows details, logs, a stream and back, and quits when it is told to', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows(/▸✓ campaigns {2}.*100%/);
    await terminal.shows(/contacts .* page \d+/);
    expect(terminal.screen()).toContain('2 pipelines: 1 ok · 1 running');
    terminal.press('j');
    await terminal.shows(/▸. contacts/);
    terminal.press('\r');
    await terminal.shows('endless.rows → db.contacts');
    terminal.press('l');
    await terminal.shows('campaigns · started');
    await terminal.shows('said by the plugin');
    terminal.press('?');
    await terminal.shows('syncline run --ui plain');
    terminal.press('\u001b');
    await terminal.shows('esc back');
    terminal.press('s');
    await terminal.shows('(lines; s: back to the screen');
    expect(terminal.screen()).toContain(before);
    terminal.press('s');
    await terminal.shows('campaigns · started');
    terminal.press('\u001b');
    await terminal.shows('x stop');
    terminal.press('q');
    await terminal.shows('The run is not over.');
    terminal.press('x');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(130);
    expect(left.main).toMatch(/✓ campaigns .*\n■ contacts .*stopped after/);
  });

  it('ends by itself with the run, and leaves the summary', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    await say(here, 'end');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
    expect(left.main).toContain('2 succeeded');
    expect(left.main).toContain('said by the plugin');
  });

  it('stays after the run while somebody reads', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    terminal.press('l');
    await terminal.shows('esc back');
    await say(here, 'end');
    await terminal.shows('● succeeded');
    terminal.press('q');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
  });

  it('goes on in plain lines when it is left', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    terminal.press('q');
    await terminal.shows('The run is not over.');
    terminal.press('p');
    await terminal.shows('contacts: endless.rows → db.contacts');
    await say(here, 'end');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
    expect(left.main).toContain('2 succeeded');
  });

  it.each(
    tried([
      ['x and y', 'x', 130],
      ['Ctrl-C', '\u0003', 130],
      ['SIGTERM', 'SIGTERM', 143],
    ]),
  )('stops after the batch under way on %s', async (_, how, code) => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    if (how === 'SIGTERM') terminal.kill(how);
    else terminal.press(how);
    if (how === 'x') {
      await terminal.shows('Stop after the batches under way?');
      terminal.press('y');
    }
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(code);
    expect(left.main).toMatch(/■ contacts .*stopped after/);
    const written = query(join(here, 'sync.db'), 'SELECT count(*) FROM contacts')[0] as [number];
    expect(written[0]).toBeGreaterThan(0);
  });

  it('ends at once on a second Ctrl-C, and gives the terminal back', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    terminal.press('\u0003\u0003');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(130);
  });

  it.each([
    ['throw', 1, 'thrown in read'],
    ['crash', 70, 'bug thrown in a timer'],
  ])('gives the terminal back when a plugin does %s', async (what, code, told) => {
    const here = await folder();
    const terminal = onTerminal(here, ['run'], { variables: { TMPDIR: here } });
    await terminal.shows('page ');
    await say(here, what);
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(code);
    expect(left.main).toContain(told);
  });

  it('follows the terminal to any size, and wipes nothing above', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run']);
    await terminal.shows('page ');
    for (const [columns, rows, what] of [
      [60, 15, /pipeline +% +read/],
      [34, 10, /^● 1\/2 · \d+ read/m],
      [5, 2, /^● 1\//m],
      [140, 40, / run .*2 pipelines: 1 ok · 1 running .*rows\/s/],
      [80, 12, /contacts .*\n[\s\S]*x stop/],
    ] as const) {
      await terminal.resize(columns, rows);
      await terminal.shows(what);
    }
    terminal.press('\u0003');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(130);
  });

  it('draws without colours and in ASCII where it is to', async () => {
    const here = await folder();
    const terminal = onTerminal(here, ['run'], { variables: { NO_COLOR: '1', LANG: 'C', LC_ALL: 'C' } });
    await terminal.shows('page ');
    terminal.press('\u0003');
    const left = await terminal.end();
    expectRestored(left);
    const [, drawn = ''] = left.raw.split('\u001b[?1049h');
    for (const color of [31, 32, 33, 36]) expect(drawn).not.toContain(`\u001b[${color}m`);
    expect(Buffer.byteLength(drawn)).toBe(drawn.length);
  });
});

describe('syncline alone', () => {
  it('shows the dashboard, where one filters, picks, runs, watches and comes back', async () => {
    const here = await folder();
    const terminal = onTerminal(here, []);
    await terminal.shows('3 pipelines: 3 never ran');
    terminal.press('?');
    await terminal.shows('syncline status');
    terminal.press('\u001b');
    await terminal.shows('r run');
    terminal.press('/');
    await terminal.shows('filter: _');
    terminal.press('camp');
    await terminal.shows(/1 of 3 with "camp"[\s\S]*▸○ campaigns(?![\s\S]*contacts)/);
    terminal.press('\r');
    await terminal.shows('space pick');
    terminal.press(' ');
    await terminal.shows(/▸◉ campaigns/);
    terminal.press('r');
    await terminal.shows(/● succeeded[\s\S]*▸✓ campaigns/);
    terminal.press('\u001b');
    await terminal.shows(/▸○ campaigns +✓ idle .*✓ succeeded .* ago/);
    terminal.press('h');
    await terminal.shows(/Runs of campaigns[\s\S]*✓ succeeded/);
    terminal.press('\r');
    await terminal.shows('✓ campaigns: succeeded, 2 read, 2 inserted');
    terminal.press('y');
    await terminal.shows('copied');
    terminal.press('q');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
    expect(left.main).toContain('1 succeeded');
    expect(left.raw).toContain('\u001b]52;c;');
    expect(query(join(here, 'sync.db'), 'SELECT id FROM campaigns ORDER BY id')).toEqual([[1], [2]]);
  });

  it('cancels a run when that is confirmed', async () => {
    const here = await folder();
    const terminal = onTerminal(here, []);
    await terminal.shows('▸○ campaigns');
    terminal.press('j');
    await terminal.shows('▸○ contacts');
    terminal.press('r');
    await terminal.shows(/contacts .* page \d+/);
    terminal.press('\u001b');
    await terminal.shows(/▸○ contacts +● running/);
    terminal.press('x');
    await terminal.shows('End the run of contacts after the batches under way?');
    terminal.press('y');
    await terminal.shows(/▸○ contacts .*■ cancelled/);
    terminal.press('q');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
  });

  it.each([
    ['p', ['end'], '1 succeeded'],
    ['x', [], 'stopped after its last complete batch'],
  ])('asks what is to become of a run that goes on, and does so after %j', async (key, files, told) => {
    const here = await folder();
    const terminal = onTerminal(here, []);
    await terminal.shows('▸○ campaigns');
    terminal.press('j');
    await terminal.shows('▸○ contacts');
    terminal.press('r');
    await terminal.shows(/contacts .* page \d+/);
    terminal.press('q');
    await terminal.shows('A run is under way here.');
    terminal.press(key);
    await terminal.shows('contacts: endless.rows → db.contacts');
    for (const file of files) await say(here, file);
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(0);
    expect(left.main).toContain(told);
  });

  it.each(
    tried([
      ['q', 0],
      ['\u0003', 130],
    ]),
  )('runs nothing when it is left with %j', async (key, code) => {
    const here = await folder();
    const terminal = onTerminal(here, []);
    await terminal.shows('3 never ran');
    terminal.press(key);
    const left = await terminal.end();
    expectRestored(left);
    expect(left.code).toBe(code);
  });

  it('follows the terminal to any size', async () => {
    const here = await folder();
    const terminal = onTerminal(here, []);
    await terminal.shows('3 never ran');
    for (const [columns, rows, what] of [
      [60, 15, /▸○ campaigns +· never ran/],
      [34, 10, /^3 pipelines/m],
      [140, 40, /campaigns +· never ran .*/],
    ] as const) {
      await terminal.resize(columns, rows);
      await terminal.shows(what);
    }
    terminal.press('q');
    expectRestored(await terminal.end());
  });
});

describe('there is no screen', () => {
  it.each(
    tried([
      ['TERM is dumb', ['run', 'campaigns'], { TERM: 'dumb' }],
      ['CI is set', ['run', 'campaigns'], { CI: 'true' }],
      ['the run writes to the terminal', ['run', 'printed'], {}],
      ['it is told in lines', ['run', 'campaigns', '--ui', 'plain'], {}],
    ]),
  )('where %s', async (_, args, variables) => {
    const here = await folder();
    const { code, raw, main } = await onTerminal(here, args, { variables }).end();
    expect(code).toBe(0);
    expect(raw).not.toContain('\u001b[?1049h');
    expect(main).toMatch(/✓ \w+ +2 read/);
  });

  it.each([
    [{ TERM: 'dumb' }, 'TERM'],
    [{ CI: '' }, 'the variable CI is set'],
  ])('and asking for one with %j says why', async (variables, why) => {
    const { code, main } = await onTerminal(await folder(), ['run', '--ui', 'tui'], { variables }).end();
    expect(code).toBe(2);
    expect(main.replaceAll('\n', '')).toMatch(new RegExp(`--ui tui: .*${why}.*usage/no_screen`));
  });
});
