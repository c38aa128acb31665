/**
 * What the screen costs: the whole process on a pseudo-terminal, with the screen and with `--ui quiet`, in pairs.
 *
 *     jiti bench/screen.ts [ROWS] [PAIRS]
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import { writeBenchFile } from './rows.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const pairs = Number(process.argv[3] ?? 5);
const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));

const config = `version: 1
sources: { in: { type: file, streams: { rows: rows.csv } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  rows: { from: in.rows, to: db.rows, primary_key: id, map: { id: { from: id, type: integer }, email: email, name: name, amount: { from: amount, type: number }, note: note } }
`;

/** Seconds on the clock, and seconds of processor time. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function once(folder: string, ui: 'tui' | 'quiet'): Promise<Cost> {
  for (const left of ['sync.db', 'sync.db-wal', 'sync.db-shm', '.syncline'])
    await rm(join(folder, left), { recursive: true, force: true });
  const report = join(folder, 'cpu');
  const code = `import { writeFileSync } from 'node:fs'; import { isMainThread } from 'node:worker_threads';
    if (isMainThread) process.on('exit', () => { const { user, system } = process.cpuUsage(); writeFileSync(${JSON.stringify(report)}, String(user + system)); });`;
  const hook = `data:text/javascript,${encodeURIComponent(code)}`;
  const { CI: _, ...env } = process.env;
  const began = performance.now();
  const terminal = spawn(process.execPath, ['--import', hook, cli, 'run', '--ui', ui], {
    cwd: folder,
    env: { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    cols: 100,
    rows: 24,
  });
  terminal.onData(() => {});
  const { exitCode } = await new Promise<{ exitCode: number }>((resolve) => terminal.onExit(resolve));
  if (exitCode !== 0) throw new Error(`--ui ${ui} ended with ${exitCode}`);
  return { wall: (performance.now() - began) / 1000, cpu: Number(await readFile(report, 'utf8')) / 1e6 };
}

function middle(numbers: readonly number[]): string {
  return (numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN).toFixed(3);
}

const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
try {
  await writeBenchFile(join(folder, 'rows.csv'), 'csv', rows, 0);
  await writeFile(join(folder, 'sync.config.yaml'), config);
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Whoever comes second meets a machine in another mood.
    const first = pair % 2 === 0 ? 'quiet' : 'tui';
    const second = first === 'quiet' ? 'tui' : 'quiet';
    const costs = { [first]: await once(folder, first), [second]: await once(folder, second) };
    const { quiet, tui } = costs;
    if (quiet === undefined || tui === undefined) continue;
    walls.push(tui.wall / quiet.wall);
    cpus.push(tui.cpu / quiet.cpu);
    console.log(
      `quiet ${quiet.wall.toFixed(2)} s (cpu ${quiet.cpu.toFixed(2)})  screen ${tui.wall.toFixed(2)} s (cpu ${tui.cpu.toFixed(2)})`,
    );
  }
  console.log(
    `${rows} rows, screen / quiet: time ${middle(walls)}, processor ${middle(cpus)} (aim: below 1.05)`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
