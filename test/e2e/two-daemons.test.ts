import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { daemonSeconds, seed } from '../counts.ts';
import { startApi } from '../plugins/http/support.ts';
import { folderWith, query } from './cli.ts';
import { spawnDaemon } from './daemon-process.ts';

const second = 1_000;

/** Pipelines, how often each runs, and what becomes of occurrences that find it running. */
const every = { quick: 1, steady: 2, queued: 3 } as const;
type Name = keyof typeof every;
const names = Object.keys(every) as Name[];

const config = (url: string) => `version: 1
daemon: { listen: "127.0.0.1:0", concurrency: 8 }
logs: { level: error }
sources: { crm: { type: http, base_url: "${url}", retry: { attempts: 1 }, streams: { ${names
  .map((name) => `${name}: { path: /${name}, records: $, primary_key: id }`)
  .join(', ')} } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
${names
  .map(
    (name) =>
      `  ${name}: { from: crm.${name}, to: db.${name}, schedule: { every: ${every[name]}s, overlap: ${name === 'queued' ? 'queue' : 'skip'} } }\n`,
  )
  .join('')}`;

/** What the API saw: which pipeline asked, from when until when. */
interface Seen {
  readonly name: string;
  readonly from: number;
  to: number;
}

it.runIf(daemonSeconds > 0)(
  `of two daemons that are killed for ${daemonSeconds} s no occurrence runs twice, none overlaps, and each runs or is counted`,
  async () => {
    const random = randomFrom(seed);
    const seen: Seen[] = [];
    const { url } = await startApi(async ({ path }) => {
      const one: Seen = { name: path.slice(1), from: Date.now(), to: Number.POSITIVE_INFINITY };
      seen.push(one);
      await setTimeout(50 + random() * 900);
      one.to = Date.now();
      return { body: [{ id: 1 }] };
    });
    const folder = await folderWith({ 'sync.config.yaml': config(url) });
    const state = join(folder, '.syncline/state.db');
    const daemons = [await begin(folder), await begin(folder)];
    const end = performance.now() + daemonSeconds * second;
    const kills: number[] = [];
    while (performance.now() < end) {
      await setTimeout(random() * 8 * second);
      const index = random() < 0.5 ? 0 : 1;
      const one = daemons[index];
      kills.push(Date.now());
      one?.child.kill('SIGKILL');
      await one?.ended;
      await setTimeout(random() * 2 * second);
      daemons[index] = await begin(folder);
    }
    // Whoever has the duty stops in order, and then the other, so that no run is cut off at the end.
    await setTimeout(5 * second);
    for (const daemon of daemons) {
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
    }
    const skipped = new Map(query(state, 'SELECT pipeline, skipped FROM schedules') as [string, number][]);
    for (const name of names) {
      const asked = seen.filter((one) => one.name === name);
      const taken = (
        query(state, `SELECT at FROM occurrences WHERE pipeline = '${name}' ORDER BY at`) as [number][]
      ).map(([at]) => at);
      const [since] = query(state, `SELECT since FROM schedules WHERE pipeline = '${name}'`)[0] as [number];
      const step = every[name] * second;
      const due = Math.floor((taken.at(-1) ?? 0) / step) - Math.floor(since / step);
      const runs = due - (skipped.get(name) ?? 0);
      console.log(
        `${name}: ${due} occurrences, ${skipped.get(name)} skipped, ${asked.length} runs, ${kills.length} kills`,
      );
      // Each is taken once, and a run belongs to one; a kill takes no more than one run of each before it asks.
      expect(new Set(taken).size).toBe(taken.length);
      expect(asked.length).toBeLessThanOrEqual(runs);
      expect(asked.length).toBeGreaterThanOrEqual(runs - 2 * kills.length);
      expect(asked.length).toBeGreaterThan(kills.length);
      expect(overlaps(asked, kills)).toEqual([]);
    }
  },
);

async function begin(folder: string) {
  const daemon = spawnDaemon(folder);
  await daemon.api();
  return daemon;
}

/** Those that asked before the one before had its answer, though nobody was killed in between. */
function overlaps(asked: readonly Seen[], kills: readonly number[]): unknown[] {
  return asked.filter(({ from }, index) => {
    const before = asked[index - 1];
    return before && from < before.to && !kills.some((at) => at >= before.from && at <= from);
  });
}

function randomFrom(start: number): () => number {
  let value = start;
  return () => {
    value = (value * 1103515245 + 12345) % 2 ** 31;
    return value / 2 ** 31;
  };
}
