import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { killedRows, soak } from '../counts.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out, format: jsonl } }
defaults: { pipeline: { batch_size: 97 } }
pipelines:
  rows: { from: in.rows, to: db.rows, primary_key: id, merge: { name: keep_edits } }
`;

const lines = (count: number, edition: number) =>
  Array.from({ length: count }, (_, id) => `{"id":${id},"name":"row ${id}","n":${edition}}\n`).join('');

/** Runs, and gives back the id of the run. */
async function run(folder: string): Promise<string> {
  const { code, stdout, stderr } = await syncline(folder, ['run', '--json', '--quiet']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { runId: string }).runId;
}

function stateOf(folder: string): unknown {
  const sink = join(folder, 'sync.db');
  return {
    rows: query(sink, 'SELECT * FROM rows ORDER BY id'),
    written: query(sink, 'SELECT * FROM _syncline_written ORDER BY row, name'),
    checkpoint: query(sink, 'SELECT checkpoint, run, batch, basis, wrote FROM _syncline_checkpoints'),
  };
}

it('goes on where an undo was killed, and ends with what was before the run', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(killedRows, 1) });
  await run(folder);
  const before = stateOf(folder);
  await writeFile(join(folder, 'rows.jsonl'), lines(killedRows + 500, 2));
  const second = await run(folder);
  const left = () => {
    const sql = `SELECT count(*) FROM _syncline_journal WHERE run = '${second}'`;
    return Number((query(join(folder, 'sync.db'), sql)[0] as [number])[0]);
  };
  const all = left();
  let killed = 0;
  for (let most = all; left() > 0; most = left()) {
    const child = execa(process.execPath, [cli, 'undo', second], {
      cwd: folder,
      reject: false,
      stdin: 'ignore',
    });
    // Some batches further, the process dies; the last one may end by itself.
    while (child.exitCode === null && left() > most - all / 5) await setTimeout(1);
    child.kill('SIGKILL');
    const { signal, exitCode, stderr } = await child;
    expect(signal === 'SIGKILL' || exitCode === 0 ? '' : stderr).toBe('');
    if (signal !== undefined && left() > 0) killed += 1;
  }
  expect(stateOf(folder)).toEqual(before);
  expect(killed).toBeGreaterThanOrEqual(soak ? 2 : 1);
});

it('stops between two batches when it is told to, says how to go on, and goes on', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(killedRows, 1) });
  const first = await run(folder);
  const left = () =>
    (query(join(folder, 'sync.db'), 'SELECT count(*) FROM _syncline_journal')[0] as [number])[0];
  const all = left();
  const child = execa(process.execPath, [cli, 'undo', first], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  });
  while (child.exitCode === null && left() === all) await setTimeout(1);
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  expect({ exitCode, left: left() > 0 }).toEqual({ exitCode: 130, left: true });
  expect(stderr).toMatch(new RegExp(`^stopped after [0-9,]+ rows; to go on: syncline undo ${first}`, 'm'));
  expect(JSON.parse((await syncline(folder, ['runs', '--json'])).stdout)).toMatchObject([
    { status: 'cancelled' },
    { runId: first },
  ]);
  expect((await syncline(folder, ['undo', first])).code).toBe(0);
  expect(query(join(folder, 'sync.db'), 'SELECT count(*) FROM rows')).toEqual([[0]]);
});

it('names the rows that a person changed since, and leaves everything; --force takes them back', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(300, 1) });
  const sink = join(folder, 'sync.db');
  await run(folder);
  const before = stateOf(folder);
  await writeFile(join(folder, 'rows.jsonl'), lines(301, 2));
  const second = await run(folder);
  edit(
    sink,
    "UPDATE rows SET n = 99 WHERE id = 7; UPDATE rows SET name = 'mine' WHERE id = 300; DELETE FROM rows WHERE id = 8",
  );
  const edited = stateOf(folder);
  const refused = await syncline(folder, ['undo', second]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('3 rows that run');
  for (const row of ['rows id=7', 'rows id=8', 'rows id=300']) expect(refused.stderr).toContain(row);
  const dry = await syncline(folder, ['undo', second, '--dry-run', '--json']);
  expect(JSON.parse(dry.stdout)).toMatchObject({ pipelines: [{ updated: 299, deleted: 1, inserted: 0 }] });
  expect(stateOf(folder)).toEqual(edited);
  expect((await syncline(folder, ['undo', second, '--force'])).code).toBe(0);
  edit(sink, `INSERT INTO rows SELECT 8, 'row 8', 1, _run_id, _synced_at FROM rows WHERE id = 7`);
  expect({ ...(stateOf(folder) as object), written: 0 }).toMatchObject({
    rows: (before as { rows: unknown }).rows,
  });
});

it('undoes the newest run first, is a run itself, and tells which can be undone', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(3, 1) });
  const first = await run(folder);
  await writeFile(join(folder, 'rows.jsonl'), lines(4, 2));
  const second = await run(folder);
  const refused = await syncline(folder, ['undo', first]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`after it came ${second}`);
  const undone = JSON.parse((await syncline(folder, ['undo', second, '--json'])).stdout) as { runId: string };
  const runs = JSON.parse((await syncline(folder, ['runs', '--json'])).stdout) as object[];
  expect(runs).toMatchObject([
    {
      runId: undone.runId,
      status: 'succeeded',
      undoable: false,
      pipelines: { rows: { updated: 3, deleted: 1 } },
    },
    { runId: second, undone: true, undoable: false },
    { runId: first, undoable: true },
  ]);
  expect((await syncline(folder, ['undo', second])).stderr).toContain('[undo/unknown]');
  expect((await syncline(folder, ['undo', first])).code).toBe(0);
  expect(query(join(folder, 'sync.db'), 'SELECT * FROM rows')).toEqual([]);
});

it('tells what a run changed, and why a value is what it is', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(2, 1) });
  const first = await run(folder);
  await writeFile(join(folder, 'rows.jsonl'), `{"id":1,"name":"row 1","n":5}\n{"id":9,"name":"new","n":5}\n`);
  const second = await run(folder);
  const diff = JSON.parse((await syncline(folder, ['diff', second, '--json'])).stdout) as unknown;
  expect(diff).toMatchObject([
    { kind: 'update', key: { id: 1 }, fields: [{ column: 'n', before: 1, after: 5, strategy: 'overwrite' }] },
    { kind: 'insert', key: { id: 9 } },
  ]);
  const why = JSON.parse((await syncline(folder, ['why', 'rows', '1', '--json'])).stdout) as unknown;
  expect(why).toMatchObject([
    { field: 'name', value: 'row 1', run: first, source: 'in.rows' },
    { field: 'n', value: 5, run: second, strategy: 'overwrite', before: 1, edited: false },
  ]);
  edit(
    join(folder, 'sync.db'),
    'UPDATE rows SET n = 6 WHERE id = 1; DELETE FROM _syncline_journal WHERE id = 1',
  );
  const later = await syncline(folder, ['why', 'rows', '1']);
  expect(later.stdout).toContain('changed since by somebody else');
  expect(later.stdout).toContain(
    `the journal does not go back that far; the row was last written by run ${second}`,
  );
});

/** The runs that the journal of a folder's sink holds, the oldest first. */
function held(folder: string): unknown[] {
  return query(join(folder, 'sync.db'), 'SELECT DISTINCT run FROM _syncline_journal ORDER BY id').flat();
}

it('forgets the oldest runs when the journal grows beyond its size', async () => {
  const folder = await folderWith({
    'sync.config.yaml': `journal: { max: 48kb }\n${config}`,
    'rows.jsonl': lines(300, 1),
  });
  const first = await run(folder);
  expect(held(folder)).toEqual([first]);
  await writeFile(join(folder, 'rows.jsonl'), lines(300, 2));
  const second = await run(folder);
  expect(held(folder)).toEqual([second]);
  expect((await syncline(folder, ['undo', first])).stderr).toContain('[undo/unknown]');
});

it('keeps nothing when it is to keep nothing, and forgets what it kept before', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(3, 1) });
  const first = await run(folder);
  expect(held(folder)).toEqual([first]);
  await writeFile(join(folder, 'sync.config.yaml'), `journal: { keep: 0s }\n${config}`);
  await writeFile(join(folder, 'rows.jsonl'), lines(3, 2));
  await run(folder);
  expect(held(folder)).toEqual([]);
});

it('does not undo what was written before a column got a wider type, and says so', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines(2, 1) });
  const first = await run(folder);
  await writeFile(join(folder, 'rows.jsonl'), '{"id":0,"name":"row 0","n":"many"}\n');
  expect((await syncline(folder, ['run', '--accept-schema', '--quiet'])).code).toBe(0);
  const runs = JSON.parse((await syncline(folder, ['runs', '--json'])).stdout) as { runId: string }[];
  expect((await syncline(folder, ['undo', String(runs[0]?.runId)])).code).toBe(0);
  expect(query(join(folder, 'sync.db'), 'SELECT id, n FROM rows ORDER BY id')).toEqual([
    [0, '1'],
    [1, '1'],
  ]);
  const { code, stderr } = await syncline(folder, ['undo', first]);
  expect({ code, told: stderr.includes('was integer then, and is string now') }).toEqual({
    code: 1,
    told: true,
  });
});
