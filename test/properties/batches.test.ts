import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { createRunner, loadConfig, printJson, type Value } from 'syncline';
import { expect, it } from 'vitest';
import { slowCases } from '../counts.ts';

const config = (batchSize: number) => `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  rows:
    from: in.rows
    to: db.rows
    primary_key: id
    batch_size: ${batchSize}
    columns: { run_id: false, synced_at: false }
    map:
      id: { from: id, type: integer }
      at: { from: at, type: integer }
      name: { from: name, type: string }
      top: { from: top, type: decimal }
      tags: { from: tags, type: json }
      extra: { from: extra, type: json }
      first: { from: name, type: string }
      edited: { from: name, type: string }
    merge:
      "*": { newest: { by: at } }
      top: max
      tags: union
      extra: deep_merge
      first: first_non_null_value
      edited: keep_edits
`;

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 });
const record = fc.record(
  {
    id: fc.integer({ min: 1, max: 6 }),
    at: some(fc.integer({ min: 0, max: 3 })),
    name: some(fc.constantFrom('a', 'b', '')),
    top: some(fc.oneof(fc.integer(), fc.constantFrom('9.5', '10.25', '-0.10'))),
    tags: some(fc.array(fc.constantFrom(1, 2, 'x', null), { maxLength: 3 })),
    extra: some(fc.dictionary(fc.constantFrom('p', 'q'), fc.oneof(fc.integer(), fc.constant({ r: 1 })))),
  },
  { requiredKeys: ['id'] },
);

/** The table after running these records once or more, in batches of this size. */
async function table(records: readonly object[], batchSize: number, runs: number): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), 'syncline-batches-'));
  try {
    await writeFile(
      join(directory, 'rows.jsonl'),
      records.map((one) => `${printJson(one as Value)}\n`).join(''),
    );
    await writeFile(join(directory, 'sync.config.yaml'), config(batchSize));
    const runner = await createRunner(await loadConfig({ directory, environment: {} }));
    for (let run = 0; run < runs; run++) {
      const { status } = await runner.run({ pipelines: [...runner.config.pipelines.values()] });
      expect(status).toBe('succeeded');
    }
    await runner.close();
    const database = new Database(join(directory, 'sync.db'), { readonly: true });
    const names = database
      .prepare("SELECT name FROM pragma_table_info('rows') ORDER BY name")
      .raw()
      .all()
      .flat();
    const rows =
      names.length > 0
        ? database
            .prepare(`SELECT ${names.join(', ')} FROM rows ORDER BY id`)
            .raw()
            .all()
        : [];
    database.close();
    return { names, rows };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

it('gives the same rows whatever the batches, and whatever is run again', async () => {
  const property = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 25 }),
    fc.constantFrom(1, 2, 3, 7),
    async (records, batchSize) => {
      const whole = await table(records, 1000, 1);
      expect(await table(records, batchSize, 1)).toEqual(whole);
      expect(await table(records, batchSize, 2)).toEqual(whole);
    },
  );
  await fc.assert(property, { numRuns: slowCases });
});
