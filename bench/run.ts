/**
 * The performance suite: `npm run bench`, or `npm run bench -- 100000` for fewer rows; `npm run bench -- 100000 postgres`
 * for PostgreSQL alone. Every speed stands beside a raw baseline measured in the same run; the ratio is what counts,
 * since machines differ.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchConfig } from './config.ts';
import { line } from './line.ts';
import { benchPostgres } from './postgres.ts';
import { type Measured, measure, median } from './process.ts';
import { writeBenchFile } from './rows.ts';

const [count = 1_000_000, only] = process.argv.slice(2);
const rows = Number(count);
const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
const baseline = ['--import', 'jiti/register', fileURLToPath(new URL('baseline.ts', import.meta.url))];
const libsql = '{ type: libsql, url: file:sync.db }';
const here = fileURLToPath(new URL('..', import.meta.url));

async function benchFormat(format: 'csv' | 'jsonl', folder: string): Promise<Measured> {
  const file = join(folder, `rows.${format}`);
  await writeBenchFile(file, format, rows, 0);
  await writeFile(join(folder, 'sync.config.yaml'), benchConfig(`rows.${format}`, libsql));
  const raw = await measure(here, [...baseline, format, file, join(folder, `base-${format}.db`)]);
  line(`${format}: baseline, first load`, raw, rows);
  const first = await measure(folder, [cli, 'run', '--quiet']);
  line(`${format}: syncline, first load`, first, rows, raw);
  const again = await measure(here, [...baseline, format, file, join(folder, `base-${format}.db`)]);
  line(`${format}: baseline, nothing changed`, again, rows);
  line(`${format}: syncline, nothing changed`, await measure(folder, [cli, 'run', '--quiet']), rows, again);
  await writeBenchFile(file, format, rows, 1);
  const changed = await measure(here, [...baseline, format, file, join(folder, `base-${format}.db`)]);
  line(`${format}: baseline, every row changed`, changed, rows);
  line(
    `${format}: syncline, every row changed`,
    await measure(folder, [cli, 'run', '--quiet']),
    rows,
    changed,
  );
  await rm(join(folder, 'sync.db'));
  await rm(join(folder, '.syncline'), { recursive: true });
  return first;
}

/** What is remembered beside the rows: the ledger's entry of each batch, and what was written where edits are kept. */
async function benchLedger(folder: string): Promise<void> {
  const load = async (merge: string) => {
    await writeFile(join(folder, 'sync.config.yaml'), benchConfig('rows.jsonl', libsql, merge));
    const took = await measure(folder, [cli, 'run', '--quiet']);
    for (const name of ['sync.db', '.syncline']) await rm(join(folder, name), { recursive: true });
    return took;
  };
  const first = await median(3, () => load(''));
  const kept = await median(3, () => load('    merge: { note: keep_edits }\n'));
  const commits = String(Math.ceil(rows / 1000));
  const script = ['--import', 'jiti/register', fileURLToPath(new URL('ledger.ts', import.meta.url))];
  const without = (count: string) => measure(here, [...script, count, join(folder, 'ledger.db')]);
  const started = await median(3, () => without('0'));
  const ledger = (await median(3, () => without(commits))).seconds - started.seconds;
  const percent = (seconds: number) => `${((seconds / first.seconds) * 100).toFixed(1)} % of a first load`;
  console.log(`ledger: ${commits} commits without rows ${ledger.toFixed(2)} s, ${percent(ledger)}`);
  const memory = kept.seconds - first.seconds;
  console.log(`edit memory of one column of seven: ${memory.toFixed(2)} s more, ${percent(memory)}`);
  await writeFile(join(folder, 'sync.config.yaml'), benchConfig('rows.jsonl', libsql));
}

/** What it costs to keep what a run changes: the same runs without a journal and with one. */
async function benchJournal(folder: string): Promise<void> {
  const without: Measured[] = [];
  for (const keep of ['0s', '14d']) {
    await writeFile(join(folder, 'sync.config.yaml'), benchConfig('rows.jsonl', libsql, '', { keep }));
    for (const [at, what] of ['first load', 'nothing changed', 'every row changed'].entries()) {
      await writeBenchFile(join(folder, 'rows.jsonl'), 'jsonl', rows, at === 2 ? 1 : 0);
      const measured = await measure(folder, [cli, 'run', '--quiet']);
      const beside = without[at];
      line(`journal ${keep}: ${what}`, measured, rows, beside);
      if (keep === '0s') without.push(measured);
      else if (beside) {
        const more = ((measured.seconds - beside.seconds) / beside.seconds) * 100;
        console.log(`journal: ${what} takes ${more.toFixed(0)} % longer`);
      }
    }
    await rm(join(folder, 'sync.db'));
    await rm(join(folder, '.syncline'), { recursive: true });
  }
}

async function benchMemory(folder: string, first: Measured): Promise<void> {
  await writeBenchFile(join(folder, 'rows.jsonl'), 'jsonl', rows * 5, 0);
  const five = await measure(folder, [cli, 'run', '--quiet']);
  line('jsonl: syncline, five times the rows', five, rows * 5);
  const growth = Math.round((five.megabytes / first.megabytes - 1) * 100);
  console.log(`memory: ${first.megabytes.toFixed(0)} MB, and ${growth} % more for five times the rows`);
}

/** Into database files; and how long the commands take that only look. */
async function benchFiles(folder: string): Promise<void> {
  console.log(`${rows} rows of 7 columns, upsert by key into libSQL, node ${process.version}`);
  const raw = await measure(here, [...baseline, 'raw', String(rows), join(folder, 'raw.db')]);
  line('raw driver, rows made in memory', raw, rows);
  await benchFormat('csv', folder);
  const first = await benchFormat('jsonl', folder);
  await benchLedger(folder);
  await benchJournal(folder);
  await benchMemory(folder, first);
  const help = await median(7, () => measure(folder, [cli, '--help']));
  const validate = await median(7, () => measure(folder, [cli, 'validate']));
  console.log(
    `--help ${Math.round(help.seconds * 1000)} ms (aim 150), validate ${Math.round(validate.seconds * 1000)} ms (aim 500)`,
  );
}

const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
try {
  if (only === undefined) await benchFiles(folder);
  if (only === undefined || only === 'postgres') await benchPostgres(rows, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
