import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, query, syncline } from '../e2e/cli.ts';
import { freePort } from '../kit/postgres-server.ts';
import { ask, describeReal, startProgram } from './servers.ts';

interface Documents {
  readonly rows: readonly { readonly doc: { readonly _id: string; readonly _rev: string; n: number } }[];
}

const config = (url: string) => `version: 1
sources:
  couch:
    type: http
    base_url: ${url}
    streams:
      people:
        path: /people/_changes
        params: { include_docs: true }
        records: results
        primary_key: id
        # The feed ends with an empty page, and the next run goes on where it ended.
        pagination: { type: cursor, param: since, path: last_seq, limit: 40, stop_when: { expr: "size(body.results) == 0" } }
        sync_token: { param: since, path: last_seq }
        deleted_when: deleted
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  people: { from: couch.people, to: db.people, map: { id: id, n: doc.n }, deletes: { mode: hard } }
`;

describeReal('pouchdb-server', () => {
  it('gives its feed of changes as a sync token: all at first, then what changed and what was deleted', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = await folderWith({ 'sync.config.yaml': config(url) });
    await startProgram(
      'pouchdb-server/bin/pouchdb-server',
      ['--in-memory', '--host', '127.0.0.1', '--port', String(port)],
      { folder, ready: 'has started on' },
    );
    await ask(`${url}/people`, { method: 'PUT' });
    const post = (docs: readonly object[]) =>
      ask(`${url}/people/_bulk_docs`, { method: 'POST', body: JSON.stringify({ docs }) });
    const documents = async () =>
      (await ask<Documents>(`${url}/people/_all_docs?include_docs=true`)).rows.map(({ doc }) => doc);
    const run = async () => {
      const { stdout, stderr } = await syncline(folder, ['run', '--json']);
      expect(stdout, stderr).not.toBe('');
      expect(query(join(folder, 'sync.db'), 'SELECT id, n FROM people ORDER BY id')).toEqual(
        (await documents()).map(({ _id, n }) => [_id, n]),
      );
      return JSON.parse(stdout).pipelines.people;
    };

    await post(Array.from({ length: 250 }, (_, n) => ({ _id: `person ${1000 + n}`, n })));
    expect(await run()).toMatchObject({ status: 'succeeded', inserted: 250, calls: { pages: 8 } });
    expect(await run()).toMatchObject({ status: 'succeeded', read: 0, calls: { pages: 1 } });
    const [first, second, third] = await documents();
    await post([
      { ...first, n: -1 },
      { ...second, _deleted: true },
      { ...third, n: -3 },
      { _id: 'new', n: 9 },
    ]);
    await post([{ _id: 'gone again', n: 1 }]);
    const last = (await documents()).find(({ _id }) => _id === 'gone again');
    await post([{ ...last, _deleted: true }]);
    expect(await run()).toMatchObject({ status: 'succeeded', read: 5, inserted: 1, updated: 2, deleted: 1 });
  });
});
