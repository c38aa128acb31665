import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openJournals } from '../../src/engine/journals.ts';
import { plan } from '../../src/engine/plan.ts';
import { undoRun } from '../../src/engine/undo.ts';
import type { RowChange } from '../../src/model/changes.ts';
import { noCounts, type RunResult } from '../../src/model/result.ts';
import { scenarios } from '../counts.ts';
import { Place, step } from './history.ts';

const everything = { limit: Number.POSITIVE_INFINITY };

function countsOf({ pipelines }: RunResult): unknown {
  return Object.entries(pipelines).map(([name, result]) => [
    name,
    ...Object.keys(noCounts).map((count) => result[count as keyof typeof noCounts]),
  ]);
}

/** A change as both the plan and the journal tell it: of new rows a journal has only the key. */
function told({ kind, key, fields }: RowChange): unknown {
  return { kind, key, fields: kind === 'update' ? fields : [] };
}

async function planned(place: Place) {
  const { result, changes } = await plan(place.config, { pipelines: place.pipelines, ...everything });
  expect(Object.values(result.pipelines).flatMap(({ error }) => error ?? [])).toEqual([]);
  const rows = place.pipelines.map(({ name }) => changes.get(name)?.changes.map(told));
  return { counts: countsOf(result), rows };
}

async function done(place: Place, result: RunResult) {
  const journals = openJournals(place.config);
  const rows = new Map<string, unknown[]>(place.pipelines.map(({ name }) => [name, []]));
  for (const { journal } of await journals.all())
    for await (const { pipeline, changes } of journal.changes(result.runId))
      rows.get(pipeline)?.push(...changes.map(told));
  await journals.close();
  return { counts: countsOf(result), rows: [...rows.values()] };
}

async function undo(place: Place, run: string): Promise<void> {
  await undoRun(place.config, place.runner.state, run, {
    force: false,
    dry_run: false,
    signal: new AbortController().signal,
  });
}

it('plans what the run then does, and undoes every run to what was before it', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
    const place = await Place.make();
    try {
      const runs: { readonly id: string; readonly before: unknown; readonly unedit: () => void }[] = [];
      for (const { records, edits } of steps) {
        await place.add(records);
        const unedit = place.keepRows();
        place.edit(edits);
        const before = place.snapshot();
        const files = place.files();
        const expected = await planned(place);
        expect(place.files()).toBe(files);
        const result = await place.run();
        expect(result.status).toBe('succeeded');
        expect(await done(place, result)).toEqual(expected);
        runs.push({ id: result.runId, before, unedit });
      }
      for (const { id, before, unedit } of runs.reverse()) {
        await undo(place, id);
        expect(place.snapshot()).toEqual(before);
        unedit();
      }
    } finally {
      await place.remove();
    }
  });
  await fc.assert(property, { numRuns: scenarios, endOnFailure: true });
});
