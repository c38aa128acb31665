import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../test/kit/postgres-server.ts';
import { benchConfig } from './config.ts';
import { line } from './line.ts';
import { type Measured, measure, middle } from './process.ts';
import { writeBenchFile } from './rows.ts';

const here = fileURLToPath(new URL('..', import.meta.url));
const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
const copy = ['--import', 'jiti/register', fileURLToPath(new URL('postgres-copy.ts', import.meta.url))];
const pairs = 3;

interface Load {
  readonly name: string;
  readonly edition: 0 | 1;
  /** Into a table of its own. */
  readonly settings?: { readonly more: string; readonly keep?: string };
}

const larger = '    batch_size: 5000\n';
const loads: readonly Load[] = [
  { name: 'first load', edition: 0 },
  { name: 'nothing changed', edition: 0 },
  { name: 'every row changed', edition: 1 },
  { name: 'first load, batch_size 5000', edition: 0, settings: { more: larger } },
  { name: 'first load, batch_size 5000, no journal', edition: 0, settings: { more: larger, keep: '0s' } },
];

interface Pair {
  readonly copied: Measured;
  readonly synced: Measured;
}

/** The same rows into PostgreSQL, each run beside a COPY of its own; a server that keeps what it commits, from npm. */
export async function benchPostgres(rows: number, folder: string): Promise<void> {
  const server = await startServer({ durable: true });
  const measured = new Map<Load, Pair[]>(loads.map((load) => [load, []]));
  try {
    for (const edition of [0, 1]) {
      await writeBenchFile(join(folder, `rows-${edition}.csv`), 'csv', rows, edition);
      await writeBenchFile(join(folder, `rows-${edition}.copy`), 'copy', rows, edition);
    }
    for (let pair = 0; pair < pairs; pair++) {
      for (const load of loads) {
        const { edition, settings } = load;
        const copied = await measure(here, [...copy, join(folder, `rows-${edition}.copy`), server.url]);
        const sink = `{ type: postgres, url: "${server.url}" }`;
        await writeFile(
          join(folder, 'sync.config.yaml'),
          benchConfig(`rows-${edition}.csv`, sink, settings?.more, {
            target: `rows_${pair}_${settings ? loads.indexOf(load) : 0}`,
            keep: settings?.keep,
          }),
        );
        measured.get(load)?.push({ copied, synced: await measure(folder, [cli, 'run', '--quiet']) });
      }
      await rm(join(folder, '.syncline'), { recursive: true });
    }
  } finally {
    await server.stop();
  }
  for (const [{ name }, pairs] of measured) report(name, pairs, rows);
}

function report(load: string, measured: readonly Pair[], rows: number): void {
  const ratios = measured.map(({ copied, synced }) => synced.seconds / copied.seconds).sort((a, b) => a - b);
  line(`postgres: COPY beside it`, middle(measured.map(({ copied }) => copied)), rows);
  line(`postgres: syncline, ${load}`, middle(measured.map(({ synced }) => synced)), rows);
  const all = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  console.log(`postgres: ${load}, times the COPY beside it: ${all} (aim: below 2.5)`);
}
