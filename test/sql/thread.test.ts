import { rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SyncError } from '../../src/model/errors.ts';
import { fromFailure, toFailure } from '../../src/sql/messages.ts';
import { openThread } from '../../src/sql/thread.ts';
import { databaseFile } from './support.ts';

test('an error keeps its code, hint and cause between threads', () => {
  const cause = new TypeError('no such table: t');
  const error = new SyncError('sql/failed', 'refused', { hint: 'look', cause });
  const arrived = fromFailure(structuredClone(toFailure(error)));
  expect(arrived).toBeInstanceOf(SyncError);
  expect(arrived).toMatchObject({ code: 'sql/failed', message: 'refused', hint: 'look' });
  expect(arrived.cause).toMatchObject({ message: 'no such table: t' });
});

test('a bug keeps its message and stack between threads', () => {
  const bug = new RangeError('index 3');
  expect(fromFailure(structuredClone(toFailure(bug)))).toMatchObject({
    message: 'index 3',
    stack: bug.stack,
  });
});

test('whoever opens a file gets its one thread, also through a link and before the file is there', async () => {
  const path = databaseFile();
  const folder = `${dirname(path)}-link`;
  symlinkSync(dirname(path), folder);
  onTestFinished(() => rmSync(folder));
  const thread = openThread(path);
  const same = openThread(join(folder, basename(path)));
  onTestFinished(() => thread.release());
  expect(same).toBe(thread);
  await same.release();
  await thread.call('connect', 1, { path, readonly: false, patience: 1_000 });
  expect(await thread.call('all', 1, 'SELECT 1', [])).toEqual([[1]]);
});

test('a thread that dies tells those who wait and those who come later, and the next to open gets a new one', async () => {
  const path = databaseFile();
  const thread = openThread(path);
  const options = { path, readonly: false, patience: 1_000 };
  // Ended before it has begun, it can answer neither.
  const waiting = Promise.allSettled([thread.call('connect', 1, options), thread.call('touch', 1)]);
  await thread.end();
  const told = { status: 'rejected', reason: { code: 'sql/failed' } };
  expect(await waiting).toMatchObject([told, told]);
  await expect(thread.call('all', 1, 'SELECT 1', [])).rejects.toMatchObject({ code: 'sql/failed' });

  const next = openThread(path);
  onTestFinished(() => next.release());
  expect(next).not.toBe(thread);
  await next.call('connect', 2, options);
  expect(await next.call('all', 2, 'SELECT 1', [])).toEqual([[1]]);
});
