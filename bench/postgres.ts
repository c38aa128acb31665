import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../test/kit/postgres-server.ts';
import { benchConfig } from './config.ts';
import { line } from './line.ts';
import { measure } from './process.ts';
import { writeBenchFile } from './rows.ts';

const here = fileURLToPath(new URL('..', import.meta.url));
const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
const script = fileURLToPath(new URL('postgres-baseline.ts', import.meta.url));

/** The same rows into PostgreSQL, beside COPY and a single upsert; a server of its own, which comes from npm. */
export async function benchPostgres(rows: number, folder: string): Promise<void> {
  const server = await startServer();
  try {
    const file = join(folder, 'rows.csv');
    await writeFile(
      join(folder, 'sync.config.yaml'),
      benchConfig('rows.csv', `{ type: postgres, url: "${server.url}" }`),
    );
    const baseline = (how: string) =>
      measure(here, ['--import', 'jiti/register', script, how, file, server.url]);
    const once = async (what: string, how: 'copy' | 'upsert') => {
      const raw = await baseline(how);
      line(`postgres: ${how} of a file, ${what}`, raw, rows);
      line(`postgres: syncline, ${what}`, await measure(folder, [cli, 'run', '--quiet']), rows, raw);
    };
    await writeBenchFile(file, 'csv', rows, 0);
    await once('first load', 'copy');
    await once('nothing changed', 'upsert');
    await writeBenchFile(file, 'csv', rows, 1);
    await once('every row changed', 'upsert');
  } finally {
    await server.stop();
  }
}
