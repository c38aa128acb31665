/**
 * A process that appends batches to a target, from the one after the last that the ledger has to the third, and prints
 * the number of each that was committed.
 */

import { openTargets } from '../../src/sql/index.ts';
import { batchOf, key } from './outcome-batch.ts';

const sink = await openTargets({ path: process.argv[2] ?? '', patience: 1_000 });
const writer = await sink.begin(batchOf(1).target);
const before = await sink.ledger?.read(key);
for (let number = (before?.entry?.batch ?? 0) + 1; number <= 3; number++) {
  await writer.commit(batchOf(number));
  console.log(number);
}
await sink.close();
