/**
 * Bundles `dist`, after the declarations were made: one file opens faster than three hundred. What every command loads
 * goes in, with the licence of whoever wrote it; what is native, large or seldom needed is loaded from its package.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: { readonly [name: string]: string };
};

/** Everything that others load by its path: the command, the doors, the database's thread, and the plugins. */
const entries = [
  'src/cli.ts',
  'src/index.ts',
  'src/sql/worker.ts',
  ...['sql', 'http', 'formats', 'testing'].map((door) => `src/${door}/index.ts`),
  ...readdirSync(join(root, 'plugins'))
    .filter((name) => !name.startsWith('_'))
    .map((name) => `plugins/${name}/index.ts`)
    .filter((file) => existsSync(join(root, file))),
];

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), file])),
  platform: 'node',
  resolve: { conditionNames: ['syncline-source', 'import', 'node', 'default'] },
  external: Object.keys(packages.dependencies).map((name) => new RegExp(`^${name}($|/)`)),
});
const { output } = await bundle.write({
  dir: join(root, 'dist'),
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'src/parts/[name].js',
});

const modules = output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
writeFileSync(join(root, 'dist/licences.txt'), [...folders].sort().map(licence).join('\n'));

/** What the licence of a package wants to be said beside its code. */
function licence(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'license', 'LICENCE', 'LICENSE.txt'].find((one) =>
    existsSync(join(folder, one)),
  );
  if (file === undefined) throw new Error(`${name} is in the bundle, and has no licence to put beside it`);
  return `== ${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
