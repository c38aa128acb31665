import fc from 'fast-check';
import { it } from 'vitest';
import { scenarios } from '../counts.ts';
import { libsqlHistory } from './history-libsql.ts';
import { plansAndUndoes } from './plans.ts';

it('plans what the run then does, and undoes every run to what was before it', async () => {
  await fc.assert(plansAndUndoes(libsqlHistory), { numRuns: scenarios, endOnFailure: true });
});
