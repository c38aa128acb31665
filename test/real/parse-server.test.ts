import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, query, syncline } from '../e2e/cli.ts';
import { freshDatabase, query as queryServer } from '../kit/postgres.ts';
import { freePort, password } from '../kit/postgres-server.ts';
import { ask, describeReal, startProgram } from './servers.ts';

const config = (url: string) => `version: 1
sources:
  game:
    type: http
    base_url: ${url}
    headers: { X-Parse-Application-Id: game }
    auth: { type: api_key, in: header, name: X-Parse-Master-Key, key: "\${MASTER_KEY}" }
    # What it counts without a condition is estimated: 0 at first.
    pagination: { type: offset, param: skip, limit: 40 }
    streams:
      all: { path: /classes/Score, params: { order: objectId }, records: results, primary_key: objectId }
      changed:
        path: /classes/Score
        body:
          _method: GET
          order: updatedAt,objectId
          count: 1
          where: { updatedAt: { $gte: { __type: Date, iso: "{window.start}" } } }
        pagination: { type: offset, param: skip, limit: 40, total: count }
        records: results
        primary_key: objectId
        incremental: { cursor_field: updatedAt, initial: 2020-01-01, lookback: 0s }
defaults:
  pipeline:
    map: { objectId: objectId, points: points, player: player.name, played: { from: played.iso, type: timestamp }, updatedAt: { from: updatedAt, type: timestamp } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  all: { from: game.all, to: db.all_scores, mode: mirror }
  changed: { from: game.changed, to: db.changed_scores }
`;

describeReal('parse-server', () => {
  it('gives every object that its database has, and later those that were changed', async () => {
    const port = await freePort();
    const database = await freshDatabase();
    // It does not decode the password in an address.
    const withoutPassword = new URL(database);
    withoutPassword.password = '';
    const url = `http://127.0.0.1:${port}/parse`;
    const folder = await folderWith({ 'sync.config.yaml': config(url) });
    const options = {
      appId: 'game',
      masterKey: 'canary-master',
      databaseURI: withoutPassword.href,
      host: '127.0.0.1',
      port,
      serverURL: url,
      mountPath: '/parse',
    };
    await writeFile(join(folder, 'parse.json'), JSON.stringify(options));
    await startProgram('parse-server/bin/parse-server', ['parse.json'], {
      folder,
      ready: 'running on',
      env: { PGPASSWORD: password },
    });
    const headers = { 'x-parse-application-id': 'game', 'x-parse-master-key': 'canary-master' };
    const send = <Answer>(method: string, path: string, body: object) =>
      ask<Answer>(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    const create = (points: number) =>
      send('POST', '/classes/Score', {
        points,
        player: { name: `Player ${points}` },
        played: { __type: 'Date', iso: '2026-01-02T03:04:05.678Z' },
      });
    const run = async () => {
      const { stdout, stderr } = await syncline(folder, ['run', '--json'], { MASTER_KEY: 'canary-master' });
      expect(stdout, stderr).not.toBe('');
      return JSON.parse(stdout);
    };
    const stored = () =>
      queryServer(
        database,
        `SELECT "objectId", points::text, player ->> 'name', to_char(played, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM "Score" ORDER BY "objectId" COLLATE "C"`,
      );
    const copied = (table: string) =>
      query(
        join(folder, 'sync.db'),
        `SELECT objectId, CAST(points AS TEXT), player, played FROM ${table} ORDER BY objectId`,
      );

    for (let points = 0; points < 250; points++) await create(points);
    expect(await run()).toMatchObject({
      status: 'succeeded',
      pipelines: {
        all: { inserted: 250, calls: { pages: 8 } },
        changed: { inserted: 250, calls: { pages: 7 } },
      },
    });
    expect(copied('all_scores')).toEqual(await stored());
    expect(copied('changed_scores')).toEqual(await stored());

    const [[first = '']] = (await stored()) as [string[]];
    const [, [second = '']] = (await stored()) as [string[], string[]];
    await send('PUT', `/classes/Score/${first}`, { points: -1 });
    await create(1000);
    const again = await run();
    expect(again.pipelines.changed).toMatchObject({ status: 'succeeded', inserted: 1, updated: 1 });
    expect(again.pipelines.changed.read).toBeLessThan(60);
    expect(copied('changed_scores')).toEqual(await stored());
    await send('DELETE', `/classes/Score/${second}`, {});
    expect((await run()).pipelines.all).toMatchObject({ status: 'succeeded' });
    const living = query(
      join(folder, 'sync.db'),
      'SELECT objectId FROM all_scores WHERE _deleted_at IS NULL ORDER BY 1',
    );
    expect(living).toEqual((await stored()).map(([id]) => [id]));
  });
});
