import { PostgrestClient } from '@supabase/postgrest-js';
import { expect, it } from 'vitest';
import { query } from '../../kit/postgres.ts';
import { type PostgRestServer, startPostgRest } from '../../kit/postgrest.ts';

/** The server of the tests, seen by the client that Supabase wrote. */
function clientOf({ url, key }: PostgRestServer, by = key) {
  return new PostgrestClient(`${url}/rest/v1`, { headers: { apikey: by, authorization: `Bearer ${by}` } });
}

async function served(most?: number) {
  const server = await startPostgRest(most);
  await query(
    server.database,
    'CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL, age integer DEFAULT 7);',
  );
  return { server, client: clientOf(server) };
}

it('inserts, merges by key, selects by filters and deletes, as the client of Supabase asks', async () => {
  const { client } = await served();
  const people = () => client.from('people');
  expect(
    (
      await people().insert(
        [
          { id: 1, name: 'Ann' },
          { id: 2, name: 'a,b.(c)', age: 3 },
        ],
        { defaultToNull: false },
      )
    ).status,
  ).toBe(201);
  await people().upsert([{ id: 1, name: 'Anne' }], { onConflict: 'id' });
  const { data } = await people().select('id,name,age').order('id');
  expect(data).toEqual([
    { id: 1, name: 'Anne', age: 7 },
    { id: 2, name: 'a,b.(c)', age: 3 },
  ]);
  const named = await people().select('id').in('name', ['a,b.(c)', 'nobody']);
  expect(named.data).toEqual([{ id: 2 }]);
  const either = await people().select('id').or('and(id.eq.1,age.eq.7),name.is.null');
  expect(either.data).toEqual([{ id: 1 }]);
  await people().delete().in('id', [1]);
  expect((await people().select('*')).data).toHaveLength(1);
});

it('gives no more rows than it is set to, and tells how many there are', async () => {
  const { client } = await served(2);
  await client.from('people').insert([1, 2, 3].map((id) => ({ id, name: `n${id}` })));
  const first = await client.from('people').select('id', { count: 'exact' }).order('id');
  expect(first).toMatchObject({ count: 3, status: 206, data: [{ id: 1 }, { id: 2 }] });
  const rest = await client.from('people').select('id', { count: 'exact' }).order('id').range(2, 9);
  expect(rest).toMatchObject({ count: 3, data: [{ id: 3 }] });
});

it('tells errors as PostgREST does', async () => {
  const { server, client } = await served();
  expect(await client.from('people').insert({ id: 1 })).toMatchObject({
    status: 400,
    error: { code: '23502' },
  });
  expect(await client.from('nobody').select()).toMatchObject({ status: 404, error: { code: 'PGRST205' } });
  const unknown = await client.from('people').insert([{ id: 1, name: 'a', nothing: 1 }]);
  expect(unknown).toMatchObject({ status: 400, error: { code: 'PGRST204' } });
  expect(await client.from('people').upsert([{ id: 1, name: 'a' }], { onConflict: 'name' })).toMatchObject({
    error: { code: '42P10' },
  });
  expect(await clientOf(server, 'wrong').from('people').select()).toMatchObject({ status: 401 });
});
