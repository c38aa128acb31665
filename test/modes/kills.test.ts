import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { modeKills, seed, soak, tried } from '../counts.ts';
import { cli } from '../e2e/cli.ts';
import { databases, openWorld, upTo } from './world.ts';

const configOf = (sink: string) => `version: 1
sources: { files: { type: file, streams: { fixed: fixed.jsonl, moving: moving.jsonl } } }
sinks: { db: ${sink} }
defaults: { pipeline: { batch_size: 97, columns: { run_id: false, synced_at: false } } }
pipelines:
  upserted: { from: files.fixed, to: db.upserted, primary_key: id }
  appended: { from: files.fixed, to: db.appended, mode: append }
  snapped: { from: files.fixed, to: db.snapped, primary_key: id, mode: snapshot, snapshot: { every: month } }
  replaced: { from: files.moving, to: db.replaced, primary_key: id, mode: replace, deletes: { max: 100% } }
  renewed: { from: files.moving, to: db.renewed, mode: replace, deletes: { max: 100% } }
  mirrored: { from: files.moving, to: db.mirrored, primary_key: id, mode: mirror, deletes: { mode: hard, max: 100% } }
  marked: { from: files.moving, to: db.marked, primary_key: id, mode: mirror, deletes: { max: 100% } }
`;

const all = upTo(soak ? 5_000 : 1_500);
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** What the source has in one of its states: some go, some come, some change. */
function moving(state: number) {
  return all.filter((id) => id % 5 !== state).map((id) => ({ id, value: id % 3 === 0 ? state : 0 }));
}

it.each(tried(databases))(
  "in every mode the rows in %s are the model's, however often it is killed",
  async (kind) => {
    const world = await openWorld(kind);
    await writeFile(join(world.folder, 'sync.config.yaml'), configOf(world.sink));
    const fixed = all.map((id) => ({ id, value: id * 2 }));
    await writeFile(join(world.folder, 'fixed.jsonl'), lines(fixed));
    const become = (state: number) => writeFile(join(world.folder, 'moving.jsonl'), lines(moving(state)));
    const start = () =>
      execa(process.execPath, [cli, 'run', '--quiet', '--concurrency', '7'], {
        cwd: world.folder,
        reject: false,
        stdin: 'ignore',
        env: world.environment,
      });
    const verify = async (state: number) => {
      const rows = moving(state).map(({ id, value }) => `${id} ${value}`);
      for (const table of ['replaced', 'renewed', 'mirrored', 'marked']) {
        const where = table === 'marked' ? 'WHERE _deleted_at IS NULL' : '';
        expect(await world.query(`SELECT id, value FROM ${table} ${where} ORDER BY id`)).toEqual(rows);
      }
      const latest = 'WHERE snapshot_period = (SELECT max(snapshot_period) FROM snapped)';
      for (const from of ['upserted', `snapped ${latest}`])
        expect(await world.query(`SELECT id, value FROM ${from} ORDER BY id`)).toEqual(
          fixed.map(({ id, value }) => `${id} ${value}`),
        );
      expect(await world.query('SELECT count(*), max(id) FROM view_of_replaced')).toEqual([
        `${rows.length} ${moving(state).at(-1)?.id}`,
      ]);
      expect(await world.query('SELECT count(*) FROM _syncline_staged')).toEqual(['0']);
    };

    await become(0);
    const began = performance.now();
    expect(await start()).toMatchObject({ exitCode: 0, stderr: '' });
    const lasting = performance.now() - began;
    await world.edit('CREATE VIEW view_of_replaced AS SELECT id FROM replaced');
    await world.edit('CREATE UNIQUE INDEX owned ON replaced (id, value)');
    await verify(0);

    let random = seed;
    let completed = 1;
    let landed = 0;
    for (let kill = 1; kill <= modeKills; kill++) {
      await become(kill % 5);
      const child = start();
      random = (random * 1103515245 + 12345) % 2 ** 31;
      await setTimeout((0.2 + (random / 2 ** 31) * 0.8) * lasting);
      child.kill('SIGKILL');
      const { exitCode, signal } = await child;
      if (signal !== undefined) landed += 1;
      else expect(exitCode).toBe(0);
      if (exitCode === 0) completed += 1;
      if (exitCode === 0) await verify(kill % 5);
    }
    await become(3);
    // What was interrupted goes on first, with what it has seen of another state.
    for (let again = 0; again < 2; again++) expect(await start()).toMatchObject({ exitCode: 0, stderr: '' });
    await verify(3);
    const [appended = ''] = await world.query('SELECT count(*), count(DISTINCT id) FROM appended');
    const [rows = 0, distinct] = appended.split(' ').map(Number);
    expect({ distinct, whole: rows % all.length }).toEqual({ distinct: all.length, whole: 0 });
    console.log(
      `${kind}: ${modeKills} kills, ${landed} of them before the end; ${completed} runs were complete`,
    );
  },
);
