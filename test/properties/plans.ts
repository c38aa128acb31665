import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { openJournals } from '../../src/engine/journals.ts';
import { plan } from '../../src/engine/plan.ts';
import { openPlan } from '../../src/engine/saved-plan.ts';
import { undoRun } from '../../src/engine/undo.ts';
import type { RowChange } from '../../src/model/changes.ts';
import { noCounts, type RunResult } from '../../src/model/result.ts';
import { type HistoryDatabase, Place, step } from './history.ts';

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

async function planned(place: Place, pipelines: Place['pipelines'], out?: string) {
  const options = { pipelines, limit: Number.POSITIVE_INFINITY, out };
  const { result, changes } = await plan(place.config, options);
  expect(Object.values(result.pipelines).flatMap(({ error }) => error ?? [])).toEqual([]);
  const rows = pipelines.map(({ name }) => changes.get(name)?.changes.map(told));
  return { counts: countsOf(result), rows };
}

async function done(place: Place, pipelines: Place['pipelines'], result: RunResult) {
  const journals = openJournals(place.config);
  const rows = new Map<string, unknown[]>(pipelines.map(({ name }) => [name, []]));
  for (const { journal } of await journals.all())
    for await (const { pipeline, changes } of journal.changes(result.runId))
      rows.get(pipeline)?.push(...changes.map(told));
  await journals.close();
  return { counts: countsOf(result), rows: [...rows.values()] };
}

/** A run does what its plan said, also one that does a saved plan; undone, all is as it was before. */
export function plansAndUndoes(open: (directory: string) => Promise<HistoryDatabase>) {
  return fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
    const place = await Place.make(open);
    try {
      const undoing: (() => Promise<void>)[] = [];
      for (const { records, edits, saved } of steps) {
        await place.add(records);
        const unedit = await place.keepRows();
        await place.edit(edits);
        const before = await place.snapshot();
        const files = place.files();
        const { config, runner } = place;
        const pipelines = saved ? place.savable : place.pipelines;
        const expected = await planned(place, pipelines);
        expect(place.files()).toBe(files);
        expect(await place.snapshot()).toEqual(before);
        const file = join(place.directory, '.plan');
        if (saved) await planned(place, pipelines, file);
        const result = await runner.run({
          pipelines,
          saved: saved ? await openPlan(file, config) : undefined,
        });
        expect(result.status).toBe('succeeded');
        expect(await done(place, pipelines, result)).toEqual(expected);
        undoing.push(async () => {
          const { signal } = new AbortController();
          await undoRun(config, runner.state, result.runId, { force: false, dry_run: false, signal });
          expect(await place.snapshot()).toEqual(before);
          await unedit();
        });
      }
      for (const undo of undoing.reverse()) await undo();
    } finally {
      await place.remove();
    }
  });
}
