/**
 * What the ledger alone costs: as many commits as a load makes, without any rows, each in a transaction of its own.
 *
 *     ledger.ts COMMITS DATABASE
 */

import type { Target } from '../src/model/types.ts';
import { openTargets } from '../src/sql/index.ts';

const [commits = '', path = ''] = process.argv.slice(2);
const run = { id: '01BENCH', started_at: new Date().toISOString() };
const target: Target = {
  pipeline: 'rows',
  name: 'rows',
  mode: 'upsert',
  columns: [],
  primary_key: [],
  stamps: {},
  run,
};
const targets = await openTargets({ path });
const writer = await targets.begin({ name: 'rows', mode: 'upsert', run });
for (let number = 1; number <= Number(commits); number++) {
  const checkpoint = { position: { source: { bytes: number * 100_000 } } };
  await writer.commit({ target, number, rows: [], ledger: { fence: 1, basis: 'bench', checkpoint } });
}
await writer.close();
await targets.close();
