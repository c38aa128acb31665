import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { shortRuns, soak } from '../counts.ts';
import { folderWith, query } from './cli.ts';
import { type DaemonProcess, startDaemon } from './daemon-process.ts';
import { parseExposition } from './exposition.ts';

const keep = 20;

const config = `version: 1
daemon: { listen: "127.0.0.1:0" }
history: { keep_runs: ${keep} }
logs: { level: error, keep: 1m }
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  short: { from: in.rows, to: db.short }
`;

/** Collects garbage when it is told to: what is left is in use. */
const collector = `import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
if (isMainThread) process.on('SIGUSR2', () => {
  collect();
  process.stderr.write('collected\\n');
});
`;

interface Use {
  /** Bytes that the process holds on to. */
  readonly heap: number;
  /** Bytes that the system counts, with what was let go and may be used again. */
  readonly resident: number;
  readonly files: number;
  /** How many rows the state has, but for logs, which are kept by time. */
  readonly rows: { readonly [table: string]: number };
}

async function useOf(daemon: DaemonProcess, folder: string): Promise<Use> {
  const collected = () => daemon.other.filter((line) => line === 'collected').length;
  const before = collected();
  daemon.child.kill('SIGUSR2');
  while (collected() === before) await daemon.fetched('/healthz');
  const metrics = parseExposition(await (await daemon.fetched('/metrics')).text());
  const value = (name: string) => metrics.value(name) ?? Number.NaN;
  return {
    heap: value('nodejs_heap_size_used_bytes') + value('nodejs_external_memory_bytes'),
    resident: value('process_resident_memory_bytes'),
    files: value('process_open_fds'),
    rows: rowsOf(join(folder, '.syncline/state.db')),
  };
}

function rowsOf(state: string): Use['rows'] {
  const tables = query(state, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'logs'");
  return Object.fromEntries(
    (tables as [string][]).map(([name]) => {
      const [[rows]] = query(state, `SELECT count(*) FROM ${name}`) as [[number]];
      return [name, rows];
    }),
  );
}

it.runIf(shortRuns > 0)(
  `a daemon is after ${shortRuns} short runs as it was after the first of them`,
  async () => {
    const folder = await folderWith({
      'sync.config.yaml': config,
      'rows.jsonl': '{"id":1}\n',
      'collector.mjs': collector,
    });
    const daemon = await startDaemon(folder, {
      NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'collector.mjs')).href}`,
    });
    const once = async () => {
      expect((await daemon.run('short')).status).toBe(202);
      await daemon.event(({ type }) => type === 'run_finished');
      // The test keeps nothing either.
      daemon.events.length = 0;
    };
    const warm = Math.ceil(shortRuns / 4);
    for (let run = 0; run < warm; run++) await once();
    const before = await useOf(daemon, folder);
    for (let run = 0; run < shortRuns; run++) await once();
    const after = await useOf(daemon, folder);
    const slope = (name: 'heap' | 'resident') => ((after[name] - before[name]) / shortRuns) * 1_000;
    console.log(`${shortRuns} runs: ${JSON.stringify({ before, after })}`);
    expect(slope('heap')).toBeLessThan(1_000_000);
    if (soak) expect(slope('resident')).toBeLessThan(5_000_000);
    expect(Math.abs(after.files - before.files)).toBeLessThanOrEqual(2);
    expect(after.rows).toEqual(before.rows);
    expect(after.rows.runs).toBeLessThanOrEqual(keep + 1);
    const [[oldest, newest]] = query(
      join(folder, '.syncline/state.db'),
      'SELECT min(created_at), max(created_at) FROM logs',
    ) as [[string, string]];
    expect(Date.parse(newest) - Date.parse(oldest)).toBeLessThan(120_000);
  },
);
