import { expect, test } from 'vitest';
import { unseenColumns } from '../../src/engine/unseen.ts';
import { around, load } from '../config/load-text.ts';

const columns = [
  { name: 'id', type: 'integer' },
  { name: 'v', type: 'string' },
  { name: 'at', type: 'timestamp' },
] as const;

test.each([
  ['merge: { v: { newest: { by: at } } }', []],
  ['merge: { v: { newest: { by: typo } } }', ['typo']],
  ['merge: { zzz: max, "*": min }', ['zzz']],
  ['checks: { at: {}, zzz: { type: string } }', ['zzz']],
  ['merge: { zzz: max }\nchecks: { zzz: { type: string } }', ['zzz']],
])('%j names columns that no row has: %j', async (keys, unseen) => {
  const { pipelines } = await load(around(`primary_key: id\n${keys}`));
  const pipeline = pipelines.get('campaigns');
  expect(pipeline && unseenColumns(pipeline, columns)).toEqual(unseen);
});
