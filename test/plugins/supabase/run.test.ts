import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, syncline } from '../../e2e/cli.ts';
import { query } from '../../kit/postgres.ts';
import { startPostgRest } from '../../kit/postgrest.ts';

const config = (url: string) => `version: 1
sources: { in: { type: file, streams: { people: people.jsonl } } }
sinks: { db: { type: supabase, url: "${url}", key: "\${KEY}", retry: { attempts: 1 } } }
pipelines:
  people:
    from: in.people
    to: db.people
    primary_key: id
    map: { id: { from: id, type: integer }, mail: mail, raw: { from: $, type: json } }
    merge: { mail: keep_edits }
    rejects: { max: 1 }
`;

const table = `CREATE TABLE people (id bigint PRIMARY KEY, mail text UNIQUE, raw jsonb, _run_id text, _synced_at timestamptz);`;
const lines = (...mails: readonly string[]) =>
  mails.map((mail, index) => `{"id":${index + 1},"mail":"${mail}"}\n`).join('');

async function project(mails: readonly string[], sql = table) {
  const server = await startPostgRest();
  if (sql !== '') await query(server.database, sql);
  const folder = await folderWith({
    'sync.config.yaml': config(server.url),
    'people.jsonl': lines(...mails),
  });
  const run = (key = server.key) => syncline(folder, ['run', '--json'], { KEY: key });
  return {
    server,
    run,
    says: (...all: readonly string[]) => writeFile(join(folder, 'people.jsonl'), lines(...all)),
  };
}

it('writes a file, tells unchanged rows from updates, and keeps what a person edited', async () => {
  const { server, run, says } = await project(['a', 'b', 'c']);
  expect(JSON.parse((await run()).stdout).pipelines.people).toMatchObject({
    status: 'succeeded',
    inserted: 3,
  });
  expect(JSON.parse((await run()).stdout).pipelines.people).toMatchObject({ unchanged: 3, updated: 0 });
  await query(server.database, "UPDATE people SET mail = 'by hand' WHERE id = 2;");
  await says('a', 'b', 'c2');
  expect(JSON.parse((await run()).stdout).pipelines.people).toMatchObject({
    unchanged: 2,
    updated: 1,
    kept: 1,
  });
  expect(await query(server.database, 'SELECT mail FROM people ORDER BY id')).toEqual([
    ['a'],
    ['by hand'],
    ['c2'],
  ]);
});

it('leaves a row that a constraint refuses as a reject, with its reason', async () => {
  const { server, run } = await project(['a', 'b', 'a', 'd']);
  const { code, stdout } = await run();
  expect(code).toBe(3);
  expect(JSON.parse(stdout).pipelines.people).toMatchObject({ status: 'partial', inserted: 3, rejected: 1 });
  expect(await query(server.database, 'SELECT id FROM people ORDER BY id')).toEqual([['1'], ['2'], ['4']]);
});

it('ends with one clear error for a wrong key, a missing table, and a host that is not there', async () => {
  const { run } = await project(['a'], '');
  const wrong = await run('wrong');
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.stdout).pipelines.people.error.message).toMatch(/answered 401 .*Invalid API key/);
  const missing = JSON.parse((await run()).stdout).pipelines.people.error;
  expect(missing.message).toMatch(/^table "people" is not there \(404, PGRST205: /);
  const folder = await folderWith({
    'sync.config.yaml': config('http://127.0.0.1:1'),
    'people.jsonl': lines('a'),
  });
  const { stdout } = await syncline(folder, ['run', '--json'], { KEY: 'any' });
  expect(JSON.parse(stdout).pipelines.people.error).toMatchObject({ code: 'http/connection' });
});
