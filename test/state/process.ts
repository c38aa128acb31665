/** A process that opens a state, does as it is told, and then waits to be killed. */

import { openState } from '../../src/state/state.ts';

const [file = '', pipeline = '', run = ''] = process.argv.slice(2);
const state = await openState(file);
await state.startRun(run, new Date().toISOString(), [pipeline, 'later']);
const lease = await state.acquire(pipeline, run, 0);
console.log(JSON.stringify('fence' in lease ? { fence: lease.fence } : lease));
setInterval(() => undefined, 1000);
