import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, start } from '../formats/program.ts';

/** Commits rows to the sink in a process of its own, which tells on stderr what came of it. */
function print(batches: number, rows: number) {
  return start(`
    import { sink } from '${join(root, 'plugins/stdout/index.ts')}';
    const opened = await sink.open({}, { directory: '.', logger: console, signal: new AbortController().signal });
    const run = { id: 'RUN', started_at: '2026-01-02T03:04:05.000Z' };
    const writer = await opened.begin({ name: 'x', mode: 'append', run });
    const columns = [{ name: 'id', type: 'integer', strategy: { type: 'overwrite' }, tracked: false }];
    const target = { pipeline: 'p', name: 'x', mode: 'append', columns, primary_key: [], stamps: { run_id: '_run' }, run };
    let inserted = 0;
    for (let number = 1; number <= ${batches}; number++) {
      const rows = Array.from({ length: ${rows} }, (_, row) => [row]);
      inserted += (await writer.commit({ target, number, rows })).inserted;
    }
    await writer.close();
    await opened.close();
    // The stream may tell its error once more, later: what is written last is written when nothing can come any more.
    process.once('beforeExit', () => process.stderr.write('inserted ' + inserted));
  `);
}

test('prints each row as a line', async () => {
  const { stdout, stderr, exitCode } = await (await print(2, 2)).running;
  expect(stdout.split('\n')).toEqual(
    Array(2).fill(['{"id":0,"_run":"RUN"}', '{"id":1,"_run":"RUN"}']).flat(),
  );
  expect({ stderr, exitCode }).toEqual({ stderr: 'inserted 4', exitCode: 0 });
});

test('goes on quietly when its reader has gone', async () => {
  const { running } = await print(50, 10_000);
  running.stdout.once('data', () => running.stdout.destroy());
  const { stderr, exitCode } = await running;
  expect({ stderr, exitCode }).toEqual({ stderr: 'inserted 500000', exitCode: 0 });
});
