import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { edit, folderWith, query, syncline } from './cli.ts';

async function run(folder: string, ...args: string[]): Promise<RunResult> {
  const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args]);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as RunResult;
}

const rows = (folder: string, sql: string) => query(join(folder, 'sync.db'), sql);
const lines = (...records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

describe('partitions', () => {
  const config = `version: 1
sources:
  in:
    type: file
    streams:
      stats: { path: '{project}.jsonl', partitions: { project: [alpha, beta] }, incremental: { cursor_field: at } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out } }
pipelines:
  stats:
    from: in.stats
    to: db.stats
    primary_key: [project, id]
    map: { project: $partition.project, id: id, at: at }
  copy: { from: in.stats, to: out.copy, map: { project: $partition.project, id: id } }
`;
  const started = async () => {
    const folder = await folderWith({
      'sync.config.yaml': config,
      'alpha.jsonl': lines({ id: 1, at: 1 }, { id: 2, at: 2 }),
      'beta.jsonl': lines({ id: 1, at: 7 }),
    });
    expect(await run(folder)).toMatchObject({ status: 'succeeded' });
    return folder;
  };

  it('are read one by one, each with a checkpoint and a result of its own', async () => {
    const folder = await started();
    expect(rows(folder, 'SELECT project, id FROM stats ORDER BY 1, 2')).toEqual([
      ['alpha', 1],
      ['alpha', 2],
      ['beta', 1],
    ]);
    await appendFile(join(folder, 'alpha.jsonl'), lines({ id: 3, at: 3 }));
    const { stats } = (await run(folder, 'stats')).pipelines;
    expect(stats).toMatchObject({ inserted: 1, partitions: { 'project=alpha': { inserted: 1 } } });
    expect(stats?.partitions?.['project=beta']).toMatchObject({ status: 'succeeded', inserted: 0 });
    const { stdout } = await syncline(folder, ['state', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { pipeline: 'stats project=alpha', checkpoint: { cursor: { text: '3' } } },
      { pipeline: 'stats project=beta', checkpoint: { cursor: { text: '7' } } },
      { pipeline: 'copy' },
    ]);
  });

  it('all make up what is replaced, in every run', async () => {
    const folder = await started();
    await run(folder, 'copy');
    expect((await readFile(join(folder, 'out/copy.jsonl'), 'utf8')).match(/"project":"\w+"/g)).toEqual([
      '"project":"alpha"',
      '"project":"alpha"',
      '"project":"beta"',
    ]);
    const refused = await syncline(folder, ['run', 'copy', '--partition', 'project=alpha']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('a part would replace the whole');
  });

  it('are run alone when one is named, and status tells of each', async () => {
    const folder = await started();
    for (const project of ['alpha', 'beta'])
      await appendFile(join(folder, `${project}.jsonl`), lines({ id: 9, at: 9 }));
    const alone = await run(folder, 'stats', '--partition', 'project=beta');
    expect(Object.keys(alone.pipelines.stats?.partitions ?? {})).toEqual(['project=beta']);
    expect(rows(folder, 'SELECT project FROM stats WHERE id = 9')).toEqual([['beta']]);
    const { stdout } = await syncline(folder, ['status', '--json']);
    const [stats] = JSON.parse(stdout) as {
      partitions: { [name: string]: { lastRun: { runId: string } } };
    }[];
    expect(stats?.partitions['project=beta']?.lastRun.runId).toBe(alone.runId);
    expect(stats?.partitions['project=alpha']?.lastRun.runId).not.toBe(alone.runId);
    const unknown = await syncline(folder, ['run', 'stats', '--partition', 'project=gamma']);
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain('It has: project=alpha, project=beta.');
  });

  it('go on when one of them fails', async () => {
    const folder = await started();
    await writeFile(join(folder, 'alpha.jsonl'), '{"id":');
    await appendFile(join(folder, 'beta.jsonl'), lines({ id: 2, at: 8 }));
    const { pipelines, exitCode } = await run(folder, 'stats');
    expect(exitCode).toBe(1);
    expect(pipelines.stats?.error?.message).toMatch(/^project=alpha: /);
    expect(pipelines.stats?.partitions).toMatchObject({
      'project=alpha': { status: 'failed' },
      'project=beta': { status: 'succeeded', inserted: 1 },
    });
  });

  it('are literals in a query', async () => {
    const folder = await folderWith({
      'sync.config.yaml': `version: 1
sources:
  old:
    type: libsql
    url: file:old.db
    streams:
      rows: { query: 'SELECT * FROM rows WHERE team = {team} AND n > {least}', partitions: { team: ["o'neill", b], least: [1] } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines: { rows: { from: old.rows, to: db.rows, mode: append } }
`,
    });
    edit(
      join(folder, 'old.db'),
      `CREATE TABLE rows (team TEXT, n INTEGER); INSERT INTO rows VALUES ('o''neill', 1), ('o''neill', 2), ('b', 3), ('c', 4)`,
    );
    expect(await run(folder)).toMatchObject({ status: 'succeeded' });
    expect(rows(folder, 'SELECT team, n FROM rows ORDER BY n')).toEqual([
      ["o'neill", 2],
      ['b', 3],
    ]);
  });
});

describe('a list of targets', () => {
  /** A source that tells how often it is read. */
  const plugin = `import { appendFileSync, readFileSync } from 'node:fs';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'counted', summary: 'Counts its reads.', shortForm: 'path',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { path: { type: 'string', description: 'A file.' } }, additionalProperties: false },
  async open() {
    return {
      async *read() {
        appendFileSync('reads.txt', 'x');
        for (const line of readFileSync('rows.jsonl', 'utf8').split('\\n').filter(Boolean))
          yield { records: [JSON.parse(line)], bytes: line.length };
      },
      async close() {},
    };
  },
});
`;
  const config = `version: 1
sources: { in: { type: ./counted.ts, streams: { rows: { incremental: { cursor_field: at } } } } }
sinks: { db: { type: libsql, url: file:sync.db }, other: { type: libsql, url: file:other.db } }
pipelines:
  rows: { from: in.rows, to: [db.merged, { target: other.added, mode: append }], primary_key: id }
`;
  const started = async () => {
    const folder = await folderWith({
      'sync.config.yaml': config,
      'counted.ts': plugin,
      'rows.jsonl': lines({ id: 1, at: 1 }, { id: 2, at: 2 }, { id: 1, at: 3 }),
      'reads.txt': '',
    });
    return folder;
  };
  const reads = async (folder: string) => (await readFile(join(folder, 'reads.txt'), 'utf8')).length;
  const added = (folder: string) => query(join(folder, 'other.db'), 'SELECT id, at FROM added ORDER BY at');

  it('is fed by one read, each target in its mode', async () => {
    const folder = await started();
    const { pipelines } = await run(folder);
    expect(pipelines.rows).toMatchObject({
      status: 'succeeded',
      read: 3,
      targets: { 'db.merged': { inserted: 2 }, 'other.added': { inserted: 3 } },
    });
    expect(await reads(folder)).toBe(1);
    expect(rows(folder, 'SELECT id, at FROM merged ORDER BY id')).toEqual([
      [1, 3],
      [2, 2],
    ]);
  });

  it('goes on with the others where one fails, which catches up in the next run', async () => {
    const folder = await started();
    edit(
      join(folder, 'sync.db'),
      'CREATE TABLE merged (id INTEGER NOT NULL, at BLOB NOT NULL UNIQUE) STRICT',
    );
    const failed = await run(folder);
    expect(failed).toMatchObject({ exitCode: 1, status: 'failed' });
    expect(failed.pipelines.rows?.targets).toMatchObject({
      'db.merged': { status: 'failed' },
      'other.added': { status: 'succeeded', inserted: 3 },
    });
    edit(join(folder, 'sync.db'), 'DROP TABLE merged');
    await appendFile(join(folder, 'rows.jsonl'), lines({ id: 3, at: 4 }));
    const mended = await run(folder);
    expect(mended.pipelines.rows?.targets).toMatchObject({
      'db.merged': { status: 'succeeded', inserted: 3 },
      'other.added': { status: 'succeeded', inserted: 1 },
    });
    expect(await reads(folder)).toBe(3);
    expect(added(folder)).toEqual([
      [1, 1],
      [2, 2],
      [1, 3],
      [3, 4],
    ]);
    await run(folder);
    expect(added(folder)).toHaveLength(4);
  });
});

it('reads a long range of a database in windows, whole and once', async () => {
  const folder = await folderWith({
    'sync.config.yaml': `version: 1
sources:
  old:
    type: libsql
    url: file:old.db
    streams: { rows: { table: rows, incremental: { cursor_field: at, initial: 2024-01-01, step: 30d } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines: { rows: { from: old.rows, to: db.rows, mode: append } }
`,
  });
  const days = Array.from({ length: 400 }, (_, day) =>
    new Date(Date.UTC(2023, 11, 1 + day, day % 24)).toISOString(),
  );
  const values = days.map((at) => `('${at}')`).join(', ');
  edit(join(folder, 'old.db'), `CREATE TABLE rows (at TEXT); INSERT INTO rows VALUES ${values}`);
  const { pipelines } = await run(folder);
  const wanted = days.filter((at) => at >= '2024-01-01').length;
  expect(pipelines.rows).toMatchObject({ inserted: wanted, cursor: { to: days.at(-1) } });
  expect(rows(folder, 'SELECT count(*), count(DISTINCT at) FROM rows')).toEqual([[wanted, wanted]]);
  expect((await run(folder)).pipelines.rows).toMatchObject({ inserted: 0 });
});
