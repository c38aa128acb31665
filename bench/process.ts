import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run of a whole process took. */
export interface Measured {
  readonly seconds: number;
  /** Peak memory of the process, in MB. */
  readonly megabytes: number;
}

/** Runs `node` with these arguments and measures it from outside; throws when it fails. */
export async function measure(directory: string, args: readonly string[]): Promise<Measured> {
  const report = join(tmpdir(), `syncline-bench-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const code = `import { writeFileSync } from 'node:fs'; import { isMainThread } from 'node:worker_threads';
    if (isMainThread) process.on('exit', () => writeFileSync(process.env.BENCH_REPORT, String(process.resourceUsage().maxRSS)));`;
  const hook = `data:text/javascript,${encodeURIComponent(code)}`;
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', hook, ...args], {
    cwd: directory,
    env: { ...process.env, BENCH_REPORT: report },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  const exit = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}\n${told}`);
  const megabytes = Number(await readFile(report, 'utf8')) / 1024;
  await rm(report);
  return { seconds, megabytes };
}

/** The median of some runs, one after the other. */
export async function median(runs: number, once: () => Promise<Measured>): Promise<Measured> {
  const all: Measured[] = [];
  for (let index = 0; index < runs; index++) all.push(await once());
  return middle(all);
}

export function middle(all: readonly Measured[]): Measured {
  const sorted = all.toSorted((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: 0, megabytes: 0 };
}
