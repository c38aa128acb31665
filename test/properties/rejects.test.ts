import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Driver from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { createRunner, loadConfig } from '../../src/index.ts';
import { openDatabase } from '../../src/sql/index.ts';
import { slowCases } from '../counts.ts';

/** Reads records, retries the rejects with a strict or a lenient mapping, or dies after a commit of a retry. */
type Step =
  | { readonly type: 'run'; readonly records: readonly { readonly id: number; readonly v: number | 'bad' }[] }
  | { readonly type: 'retry'; readonly lenient: boolean; readonly dies: boolean };

const record = fc.record({ id: fc.nat(3), v: fc.oneof(fc.nat(9), fc.constant('bad' as const)) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('run' as const), records: fc.array(record, { maxLength: 12 }) }),
  fc.record({ type: fc.constant('retry' as const), lenient: fc.boolean(), dies: fc.boolean() }),
);

function config(mode: 'upsert' | 'append', batchSize: number, lenient: boolean): string {
  const v = `{ from: v, type: integer${lenient ? ', on_error: null' : ''} }`;
  return `version: 1
sources:
  files: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at, lookback: 0 } } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  rows:
    from: files.rows
    to: db.rows
    ${mode === 'upsert' ? 'primary_key: id' : 'mode: append'}
    map: { id: id, v: ${v}, at: at }
    batch_size: ${batchSize}
    rejects: { max: 1000 }
    columns: { run_id: false, synced_at: false }
`;
}

function change(file: string, sql: string): void {
  const database = new Driver(file);
  database.exec(sql);
  database.close();
}

/** A runner for the config of that name in the folder; one state and one target for all of them. */
async function runnerFor(
  folder: string,
  name: string,
  text: string,
): Promise<(retry: boolean) => Promise<unknown>> {
  await writeFile(join(folder, name), text);
  const loaded = await loadConfig({ file: name, directory: folder, environment: {} });
  const runner = await createRunner(loaded);
  onTestFinished(() => runner.close());
  return (retry) =>
    runner.run({ pipelines: [...loaded.pipelines.values()], rejects: retry ? {} : undefined });
}

test('whatever is run and retried in whatever order, all that was read ends in the target, the latest of each key', async () => {
  const histories = fc.array(step, { minLength: 2, maxLength: 6 });
  const modes = fc.constantFrom('upsert' as const, 'append' as const);
  await fc.assert(
    fc.asyncProperty(modes, fc.integer({ min: 1, max: 5 }), histories, async (mode, batchSize, steps) => {
      const folder = await mkdtemp(join(tmpdir(), 'syncline-retries-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const state = join(folder, '.syncline/state.db');
      const path = join(folder, 'sync.db');
      // Held open, so that each run finds its thread there.
      const held = await openDatabase({ path });
      onTestFinished(() => held.close());
      const all: { id: number; v: number | 'bad'; at: number }[] = [];
      await writeFile(join(folder, 'rows.jsonl'), '');
      const strict = await runnerFor(folder, 'strict.yaml', config(mode, batchSize, false));
      const lenient = await runnerFor(folder, 'lenient.yaml', config(mode, batchSize, true));
      await strict(false);
      for (const one of [...steps, { type: 'retry', lenient: true, dies: false } as const]) {
        if (one.type === 'run') {
          const records = one.records.map((made, n) => ({ ...made, at: all.length + n }));
          all.push(...records);
          const lines = records.map((made) => `${JSON.stringify(made)}\n`);
          await appendFile(join(folder, 'rows.jsonl'), lines.join(''));
          await strict(false);
          continue;
        }
        if (one.dies)
          change(
            state,
            "CREATE TRIGGER dies BEFORE DELETE ON rejects BEGIN SELECT RAISE(ABORT, 'dead'); END",
          );
        await (one.lenient ? lenient : strict)(true);
        if (one.dies) change(state, 'DROP TRIGGER dies');
      }
      const target = new Driver(path);
      const written =
        all.length === 0 ? [] : target.prepare('SELECT id, v, at FROM rows ORDER BY at').raw().all();
      target.close();
      const latest = all.filter(({ id, at }) => !all.some((other) => other.id === id && other.at > at));
      const kept = mode === 'append' ? all : latest;
      expect(written).toEqual(kept.map(({ id, v, at }) => [id, v === 'bad' ? null : v, at]));
    }),
    { numRuns: slowCases },
  );
});
