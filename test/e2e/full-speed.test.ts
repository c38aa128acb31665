import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { watchedSeconds } from '../counts.ts';
import { folderWith, query } from './cli.ts';
import { type OnTerminal, onTerminal } from './pty.ts';

/** Gives changed rows as fast as they are taken, and tries to write to the terminal by all it tells. */
const plugin = `import { defineSource } from 'syncline';
const bad = '\\u001b[3J\\u001b[?1000h\\u001b]0;owned\\u0007\\u009b2J';
export const source = defineSource({
  name: 'torrent', summary: 'Gives rows as fast as they are taken.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { seconds: { type: 'number', description: 'How long it goes on.' } }, additionalProperties: false },
  shortForm: 'seconds',
  async open() {
    return {
      async *read({ options }) {
        const end = Date.now() + options.seconds * 1000;
        for (let from = 0; Date.now() < end; from += 1000) {
          const records = Array.from({ length: 1000 }, (_, n) => ({ id: (from + n) % 20_000, at: from, name: bad + n }));
          yield { records, progress: { done: from, total: 1e9 }, detail: bad + 'row ' + from };
          if (from % 100_000 === 0) console.log(bad + 'said at ' + from);
        }
      },
      async close() {},
    };
  },
});
`;

const config = `version: 1
journal: { keep: 0s }
sources: { torrent: { type: ./torrent.ts, streams: { rows: ${watchedSeconds} } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  rows: { from: torrent.rows, to: db.rows, primary_key: id }
`;

/** Writes down again and again how many bytes the process holds on to, once garbage is collected. */
const collector = `import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
if (isMainThread) setInterval(() => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  appendFileSync(process.env.HEAP_FILE, JSON.stringify({ at: Date.now(), bytes: heapUsed + external }) + '\\n');
}, 1000).unref();
`;

interface Held {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
}

/** Bytes a minute by which the last half of them grows: that of the line that lies closest to all. */
function slopeOf(all: readonly Held[]): number {
  const half = all.slice(Math.floor(all.length / 2));
  const mean = (value: (held: Held) => number) =>
    half.reduce((sum, one) => sum + value(one), 0) / half.length;
  const [at, bytes] = [mean((one) => one.at), mean((one) => one.bytes)];
  const sum = (value: (held: Held) => number) => half.reduce((all, one) => all + value(one), 0);
  const slope =
    sum((one) => (one.at - at) * (one.bytes - bytes)) / sum((one) => (one.at - at) * (one.at - at));
  return slope * 60_000;
}

const esc = '\u001b';
/** All that a screen may send: colours, lines at their places, and the alternate screen, its cursor hidden. */
const allowed = new RegExp(
  `${esc}(?:\\[(?:[\\d;]*m|\\d+;1H|K|\\?(?:25|1049|2026)[lh])|\\[2J${esc}\\[H)`,
  'g',
);

/** The escapes that a screen has no business with, and other controls but for ends of lines. */
function forbiddenIn(raw: string): readonly string[] {
  return raw.replaceAll(allowed, '').match(/[^\P{Cc}\r\n].{0,10}/gu) ?? [];
}

const ways: readonly (readonly [string, readonly string[], (terminal: OnTerminal) => Promise<void>])[] = [
  ['on its own', ['run'], async () => {}],
  [
    'from the dashboard',
    [],
    async (terminal) => {
      await terminal.shows('1 pipeline: 1 never ran');
      terminal.press('r');
      await terminal.shows(/rows .* \d/);
      await terminal.shows('● succeeded', (watchedSeconds + 120) * 1000);
      terminal.press('q');
    },
  ],
];

it.runIf(watchedSeconds > 0).each(ways)(
  `a run at full speed is watched for ${watchedSeconds} s: few frames, a flat heap, no foreign escapes (%s)`,
  async (way, args, watch) => {
    const folder = await folderWith({
      'sync.config.yaml': config,
      'torrent.ts': plugin,
      'collector.mjs': collector,
    });
    const terminal = onTerminal(folder, args, {
      variables: {
        HEAP_FILE: join(folder, 'heap.jsonl'),
        NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'collector.mjs')).href}`,
      },
    });
    await watch(terminal);
    const { code, raw } = await terminal.end();
    const lines = (await readFile(join(folder, 'heap.jsonl'), 'utf8')).trimEnd().split('\n');
    const held = lines.map((line) => JSON.parse(line) as Held);
    const frames = raw.split('\u001b[?2026h').length - 1;
    const [[read]] = query(
      join(folder, '.syncline/state.db'),
      "SELECT result ->> 'read' FROM run_pipelines",
    ) as [[number]];
    const told = {
      read,
      frames: frames / watchedSeconds,
      slope: Math.round(slopeOf(held)),
      heap: held.at(-1)?.bytes,
    };
    console.log(`watched ${way}: ${JSON.stringify(told)}`);
    expect(code).toBe(0);
    expect(frames).toBeGreaterThan(watchedSeconds);
    expect(frames).toBeLessThanOrEqual(watchedSeconds * 15);
    // What a plugin prints before there is a screen is its own affair.
    expect(forbiddenIn(raw.slice(raw.indexOf(`${esc}[?1049h`)))).toEqual([]);
    expect(told.slope).toBeLessThan(1_000_000);
  },
);
