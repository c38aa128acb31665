/** A process that acts alone in the store of a source, and goes on until it is killed. */

import { pluginStores } from '../../src/state/plugin-store.ts';

const [file = ''] = process.argv.slice(2);
const store = pluginStores(file).of('source crm', new AbortController().signal);
setInterval(() => undefined, 1000);
await store.alone('token', () => {
  console.log('alone');
  return new Promise(() => undefined);
});
