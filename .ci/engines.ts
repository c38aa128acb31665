/** Fails when a package that users get, installed or in the bundle, does not say it runs on the Node versions we promise. */

import { readFileSync } from 'node:fs';
import { minVersion, satisfies, subset } from 'semver';

interface Lock {
  readonly packages: {
    readonly [path: string]: { readonly dev?: boolean; readonly engines?: { readonly node?: string } };
  };
}

const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
const promised = (read('package.json') as { engines: { node: string } }).engines.node;
const lock = read('package-lock.json') as Lock;

const licences = readFileSync(new URL('../dist/licences.txt', import.meta.url), 'utf8');
const bundled = new Set([...licences.matchAll(/^== (\S+) /gm)].map(([, name]) => `node_modules/${name}`));

const given = Object.entries(lock.packages).filter(
  ([path, { dev }]) => path !== '' && (!dev || bundled.has(path)),
);
const refused = given.filter(([, { engines }]) => {
  const range = engines?.node;
  return range !== undefined && !subset(promised, range) && !covers(range);
});

/** `subset` knows nothing of gaps such as `^20 || >=22`; what counts are the versions that people have. */
function covers(range: string): boolean {
  const lowest = minVersion(promised)?.version ?? '';
  return [lowest, '20.20.0', '22.12.0', '24.0.0', '26.0.0'].every((version) => satisfies(version, range));
}

for (const [path, { engines }] of refused)
  console.error(`${path} wants node ${engines?.node}, we promise ${promised}`);
console.log(
  `engines: ${given.length} packages, ${bundled.size} of them in the bundle, ${refused.length} refused`,
);
process.exitCode = refused.length > 0 ? 1 : 0;
