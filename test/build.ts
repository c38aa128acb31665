import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/src/cli.js');

/**
 * Chooses the seed of all properties, and prints it. The tests of the command line run what users run: it is built
 * first when the sources are newer.
 */
export default function setup(): void {
  process.env.SYNCLINE_SEED ??= String(Date.now() % 2 ** 31);
  console.log(`seed ${process.env.SYNCLINE_SEED}, to be given again as SYNCLINE_SEED`);
  if (existsSync(built) && statSync(built).mtimeMs > newest('src', 'plugins')) return;
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}

function newest(...folders: string[]): number {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, folder, file),
    ),
  );
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}
