import { expect, it } from 'vitest';
import { opened, stateFile } from './support.ts';

it('names the columns that a part no longer has, once, and again when they had come back', async () => {
  const state = await opened(await stateFile());
  expect(await state.noteColumns('rows in db.rows', ['id', 'a', 'b'])).toEqual([]);
  expect(await state.noteColumns('rows in db.others', ['id'])).toEqual([]);
  expect(await state.noteColumns('rows in db.rows', ['id', 'c'])).toEqual(['a', 'b']);
  expect(await state.noteColumns('rows in db.rows', ['id', 'c'])).toEqual([]);
  expect(await state.noteColumns('rows in db.rows', ['id', 'a', 'c'])).toEqual([]);
  expect(await state.noteColumns('rows in db.rows', ['id', 'c'])).toEqual(['a']);
});
