import Database from 'libsql';
import { expect, it, onTestFinished } from 'vitest';
import { redactor } from '../../src/model/redact.ts';
import type { Value } from '../../src/model/types.ts';
import { openState } from '../../src/state/state.ts';
import { stateFile } from './support.ts';

const batchOf = (run: string, pipeline: string, batch: number) => ({
  run,
  pipeline,
  part: pipeline,
  checkpoint: pipeline,
  batch,
});
const reject = (name: string) => ({
  after: 0,
  record: { name },
  field: 'age',
  code: 'row/type' as const,
  reason: `${name} has no age`,
});

it('keeps rejects in their order, by run and by pipeline', async () => {
  const state = await openState(await stateFile());
  onTestFinished(() => state.close());
  await state.startRun('01A', '2026-01-01T00:00:00.000Z', ['people']);
  await state.addRejects(batchOf('01A', 'people', 1), [reject('ann'), reject('bob')]);
  await state.addRejects(batchOf('01A', 'other', 1), [reject('cid')]);
  await state.addRejects(batchOf('01B', 'people', 1), [reject('dan')]);
  const shown = await state.rejects({ run: '01A', pipeline: 'people' }, 10);
  expect(shown.map(({ reason, record }) => [reason, record])).toEqual([
    ['ann has no age', '{"name":"ann"}'],
    ['bob has no age', '{"name":"bob"}'],
  ]);
  const summaries = await state.rejectSummaries({ pipeline: 'people' });
  expect(summaries.map(({ run, rejected }) => [run, rejected])).toEqual([
    ['01B', 1],
    ['01A', 2],
  ]);
});

it('keeps a record and a reason that no database could hold as they are', async () => {
  const state = await openState(await stateFile());
  onTestFinished(() => state.close());
  await state.addRejects(batchOf('01A', 'people', 1), [
    {
      after: 0,
      record: { name: 'a\0b\ud800' },
      field: 'na\0me',
      code: 'row/text' as const,
      reason: '"a\0b" holds a NUL',
    },
  ]);
  const [kept] = await state.rejects({}, 1);
  expect(JSON.parse(kept?.record ?? '')).toEqual({ name: 'a\0b\ud800' });
  expect(kept).toMatchObject({ field: 'na\\0me', reason: '"a\\0b" holds a NUL' });
});

it('keeps a record that is nested too deep for any printer, or within itself, as far as it can be shown', async () => {
  const state = await openState(await stateFile());
  onTestFinished(() => state.close());
  const deep = JSON.parse(`${'['.repeat(8000)}${']'.repeat(8000)}`) as Value;
  const loop: { [name: string]: unknown } = { id: 2n ** 60n };
  loop.self = loop;
  const records = [{ deep }, loop as Value, Symbol('s') as unknown as Value];
  const rejects = records.map((record) => ({
    record,
    after: 0,
    code: 'row/depth' as const,
    reason: 'too deep',
  }));
  await state.addRejects(batchOf('01A', 'people', 1), rejects);
  const kept = (await state.rejects({}, 9)).map(({ record }) => record);
  expect(kept[0]).toMatch(/^\{"deep":\[{499}"…"\]{499}\}$/);
  expect(kept.slice(1)).toEqual(['{"id":1152921504606846976,"self":"…"}', '"Symbol(s)"']);
});

it('keeps no secret with a reject', async () => {
  const state = await openState(await stateFile());
  onTestFinished(() => state.close());
  const rejects = [
    {
      record: { token: 'a hush', n: 4242, m: 1 },
      after: 0,
      code: 'row/type' as const,
      reason: '"hush" is no number',
    },
  ];
  await state.addRejects(batchOf('01A', 'people', 1), rejects, redactor(['hush', '4242']));
  expect(await state.rejects({}, 1)).toMatchObject([
    { record: '{"token":"a •••","n":"•••","m":1}', reason: '"•••" is no number' },
  ]);
});

it('drops rejects of a run or pipeline, and of batches that were never committed', async () => {
  const state = await openState(await stateFile());
  onTestFinished(() => state.close());
  for (const batch of [1, 2, 3])
    await state.addRejects(batchOf('01A', 'people', batch), [reject(`of ${batch}`)]);
  await state.addRejects(batchOf('01A', 'orders', 3), [reject('ann')]);
  await state.addRejects(batchOf('01B', 'people', 3), [reject('bob')]);
  await state.addRejects(batchOf('01B', 'window', 3), [reject('cid')]);
  await state.dropUncommitted(batchOf('01A', 'people', 2), 'later_runs');
  const left = async () =>
    (await state.rejects({}, 9)).map(({ run, pipeline, batch }) => [run, pipeline, batch]);
  expect(await left()).toEqual([
    ['01A', 'orders', 3],
    ['01A', 'people', 1],
    ['01A', 'people', 2],
    ['01B', 'window', 3],
  ]);
  expect(await state.dropRejects({ run: '01A', pipeline: 'people' })).toBe(2);
  expect(await state.dropRejects({ pipeline: 'window' })).toBe(1);
  expect(await left()).toEqual([['01A', 'orders', 3]]);
  expect(await state.dropRejects({})).toBe(1);
});

it('survives being opened again, and refuses one that a newer version wrote', async () => {
  const file = await stateFile();
  const first = await openState(file);
  await first.addRejects(batchOf('01A', 'people', 1), [reject('ann')]);
  await first.close();
  const second = await openState(file);
  expect(await second.rejects({}, 10)).toHaveLength(1);
  await second.close();
  const database = new Database(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(openState(file)).rejects.toMatchObject({ code: 'state/newer' });
});
