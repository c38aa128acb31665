import { expect, onTestFinished, test } from 'vitest';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { freshDatabase, query } from '../kit/postgres.ts';
import { commitRows, type TargetShape, targetOf } from '../sql/support.ts';

const id = ['id', 'integer'] as const;
const shape: TargetShape = { columns: [id, ['name', 'string', 'keep_edits']] };

async function opened(sql = ''): Promise<{ url: string; sink: OpenSink }> {
  const url = await freshDatabase();
  if (sql !== '') await query(url, `${sql};`);
  const sink = await openPostgresTargets({ url, directory: '/' });
  onTestFinished(() => sink.close());
  return { url, sink };
}

test('what a person edits is kept, however the target is spelled', async () => {
  const { url, sink } = await opened();
  await commitRows(sink, shape, [
    [1, 'a'],
    [2, 'b'],
  ]);
  await query(url, `UPDATE rows SET name = 'mine' WHERE id = 1;`);
  const spelled = { ...targetOf(shape), name: 'public.rows' };
  const counts = await commitRows(
    sink,
    spelled,
    [
      [1, 'x'],
      [2, 'y'],
    ],
    { number: 2 },
  );
  expect(counts).toMatchObject({ updated: 1, kept: 1 });
  expect(await query(url, 'SELECT name FROM rows ORDER BY id')).toEqual([['mine'], ['y']]);
});

const upper = `CREATE FUNCTION upper_name() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;`;
const trigger = (table: string) =>
  `CREATE TRIGGER upper BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION upper_name()`;

test.each([
  [
    'a trigger of the table',
    `CREATE TABLE rows (id bigint PRIMARY KEY, name text); ${upper} ${trigger('rows')}`,
  ],
  [
    'a trigger of a partition',
    `CREATE TABLE rows (id bigint PRIMARY KEY, name text) PARTITION BY RANGE (id);
     CREATE TABLE part PARTITION OF rows FOR VALUES FROM (0) TO (100); ${upper} ${trigger('part')}`,
  ],
])('what %s makes of a value is no edit of a person', async (_what, sql) => {
  const { url, sink } = await opened(sql);
  await commitRows(sink, shape, [[1, 'a']]);
  const counts = await commitRows(sink, shape, [[1, 'b']], { number: 2 });
  expect(counts).toMatchObject({ updated: 1, kept: 0 });
  expect(await query(url, 'SELECT name FROM rows')).toEqual([['B']]);
});
