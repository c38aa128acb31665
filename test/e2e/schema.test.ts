import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PipelineResult, RunResult } from '../../src/model/result.ts';
import { tried } from '../counts.ts';
import { type Database, databaseNames, databases } from '../kit/databases.ts';
import { folderWith, syncline } from './cli.ts';

interface Ended {
  readonly result: PipelineResult | undefined;
  /** All that was told. */
  readonly told: string;
}

interface Project {
  readonly database: Database;
  /** Replaces the records of the source: each is JSON. */
  gives(...records: readonly string[]): Promise<void>;
  /** Replaces what the pipeline says besides its ends. */
  says(pipeline: string): Promise<void>;
  run(...flags: readonly string[]): Promise<Ended>;
  rows(columns: string): Promise<(string | null)[][]>;
}

async function projectOn(
  name: (typeof databaseNames)[number],
  pipeline = 'primary_key: id',
): Promise<Project> {
  const folder = await folderWith({});
  const database = await databases[name](folder);
  const project: Project = {
    database,
    gives: (...records) =>
      writeFile(join(folder, 'rows.jsonl'), records.map((record) => `${record}\n`).join('')),
    says: (text) =>
      writeFile(
        join(folder, 'sync.config.yaml'),
        `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: ${database.sink} }
pipelines: { rows: { from: files.rows, to: db.rows, columns: { run_id: false, synced_at: false }, ${text} } }
`,
      ),
    async run(...flags) {
      const { stdout, stderr } = await syncline(folder, ['run', '--json', ...flags]);
      return { result: (JSON.parse(stdout) as RunResult).pipelines.rows, told: stderr };
    },
    rows: (columns) => database.rows(`SELECT ${columns} FROM rows ORDER BY 1`),
  };
  await project.says(pipeline);
  return project;
}

describe.each(tried(databaseNames))('in %s', (name) => {
  test('a new field becomes a column, told in the run; frozen, it stops the pipeline', async () => {
    const project = await projectOn(name);
    await project.gives('{"id":1}');
    await project.run();
    await project.gives('{"id":1}', '{"id":2,"name":"b"}');
    await project.says('primary_key: id, schema_contract: freeze');
    expect(await project.run()).toMatchObject({
      result: { status: 'failed', error: { code: 'schema/new_column', hint: expect.any(String) } },
    });
    expect(await project.rows('*')).toEqual([['1']]);
    await project.says('primary_key: id');
    const { told } = await project.run();
    expect(told).toContain('column "name" added (string)');
    expect(await project.rows('id, name')).toEqual([
      ['1', null],
      ['2', 'b'],
    ]);
  });

  test('a field that vanished keeps its column and what is there, and is told once', async () => {
    const project = await projectOn(name);
    await project.gives('{"id":1,"name":"a"}', '{"id":2,"name":"b"}');
    await project.run();
    await project.gives('{"id":1}', '{"id":3}');
    const told = 'the source no longer has "name"';
    expect((await project.run()).told).toContain(told);
    expect((await project.run()).told).not.toContain(told);
    expect(await project.rows('id, name')).toEqual([
      ['1', 'a'],
      ['2', 'b'],
      ['3', null],
    ]);
  });

  test('a value of another type stops the pipeline, which says how to go on, and is a reject when frozen', async () => {
    const project = await projectOn(name);
    await project.gives('{"id":1,"n":1}', '{"id":2,"n":2}');
    await project.run();
    await project.gives('{"id":1,"n":7}', '{"id":2,"n":"two"}', '{"id":3,"n":3}');
    const stopped = await project.run();
    expect(stopped).toMatchObject({
      result: {
        status: 'failed',
        error: { code: 'schema/type_changed', hint: expect.stringContaining('--accept-schema') },
      },
    });
    expect(await project.rows('id, n')).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
    await project.says('primary_key: id, schema_contract: freeze');
    // Nobody can accept what is frozen.
    expect(await project.run('--accept-schema')).toMatchObject({
      result: { status: 'partial', updated: 1, inserted: 1, rejected: 1 },
    });
    await project.says('primary_key: id');
    const accepted = await project.run('--accept-schema');
    expect(accepted).toMatchObject({ result: { status: 'succeeded', updated: 1, unchanged: 2 } });
    expect(accepted.told).toContain('column "n" widened (integer to string)');
    expect(await project.rows('id, n')).toEqual([
      ['1', '7'],
      ['2', 'two'],
      ['3', '3'],
    ]);
    expect(await project.run()).toMatchObject({ result: { status: 'succeeded', unchanged: 3 } });
  });

  test('a wider value in the middle of a read is accepted with all that was written before it', async () => {
    const project = await projectOn(name, 'primary_key: id, batch_size: 400');
    const records = Array.from(
      { length: 2000 },
      (_, id) => `{"id":${id},"n":${id === 1500 ? '0.5' : id === 1900 ? '"x"' : id}}`,
    );
    await project.gives(...records);
    const accepted = await project.run('--accept-schema');
    expect(accepted.told).toContain('column "n" widened (integer to number)');
    expect(accepted.told).toContain('column "n" widened (number to string)');
    expect(accepted.result).toMatchObject({ status: 'succeeded' });
    expect(await project.rows('id, n')).toHaveLength(2000);
    expect(
      await project.database.rows('SELECT n FROM rows WHERE id IN (1, 1500, 1900, 1999) ORDER BY id'),
    ).toEqual([['1'], ['0.5'], ['x'], ['1999']]);
    expect(await project.run()).toMatchObject({ result: { status: 'succeeded', unchanged: 2000 } });
  });

  test('a type that the mapping declares wider is taken over when accepted', async () => {
    const project = await projectOn(name);
    await project.gives('{"id":1,"n":1}');
    await project.run();
    await project.says('primary_key: id, map: { id: id, n: { from: n, type: decimal } }');
    expect(await project.run()).toMatchObject({
      result: { status: 'failed', error: { hint: expect.stringContaining('--accept-schema') } },
    });
    expect(await project.run('--accept-schema')).toMatchObject({
      result: { status: 'succeeded', unchanged: 1 },
    });
  });

  test('another primary key is refused until it was said what becomes of the rows', async () => {
    const project = await projectOn(name);
    await project.gives('{"id":1,"day":1,"n":1}', '{"id":2,"day":1,"n":2}');
    await project.run();
    await project.says('primary_key: [id, day]');
    await project.gives('{"id":1,"day":1,"n":10}', '{"id":1,"day":2,"n":20}');
    for (const flags of [[], ['--all']])
      expect(await project.run(...flags)).toMatchObject({
        result: {
          status: 'failed',
          error: {
            code: 'schema/key',
            message: expect.stringContaining('(id, day)'),
            hint: expect.stringContaining('state reset'),
          },
        },
      });
    expect(await project.rows('id, day, n')).toEqual([
      ['1', '1', '1'],
      ['2', '1', '2'],
    ]);
    await project.database.does('DROP TABLE rows');
    expect(await project.run('--all')).toMatchObject({ result: { status: 'succeeded', inserted: 2 } });
    expect(await project.rows('id, day, n')).toEqual([
      ['1', '1', '10'],
      ['1', '2', '20'],
    ]);
    expect(await project.run()).toMatchObject({ result: { status: 'succeeded', unchanged: 2 } });
  });

  test('a column that its owner made NOT NULL refuses rows without it, and no others', async () => {
    const project = await projectOn(name);
    await project.database.does('CREATE TABLE rows (id integer PRIMARY KEY, name text NOT NULL, note text)');
    await project.gives('{"id":1,"name":"a"}', '{"id":2,"name":null}', '{"id":3}');
    expect(await project.run()).toMatchObject({ result: { status: 'partial', inserted: 1, rejected: 2 } });
    expect(await project.rows('id, name, note')).toEqual([['1', 'a', null]]);
  });

  test('keys are told apart exactly, and what is no key is a reject', async () => {
    const project = await projectOn(name, 'primary_key: id');
    await project.gives(
      '{"id":"1","v":1}',
      '{"id":1,"v":2}',
      '{"id":"\u00e9","v":3}',
      '{"id":"e\u0301","v":4}',
      '{"id":null,"v":5}',
      '{"v":6}',
      '{"id":"a\\u0000b","v":7}',
      '{"id":"\\ud800","v":8}',
      '{"id":[1],"v":9}',
      '{"id":"A","v":10}',
      '{"id":"a","v":11}',
      '{"id":"a ","v":12}',
    );
    expect(await project.run()).toMatchObject({ result: { status: 'partial', inserted: 6, rejected: 5 } });
    expect(new Map((await project.rows('id, v')) as [string, string][])).toEqual(
      new Map([
        ['1', '2'],
        ['\u00e9', '3'],
        ['e\u0301', '4'],
        ['A', '10'],
        ['a', '11'],
        ['a ', '12'],
      ]),
    );
  });

  test('numbers that no double holds are rejects, and the one zero there is has no sign', async () => {
    const project = await projectOn(name, 'primary_key: id, map: { id: id, n: { from: n, type: number } }');
    const numbers = ['-0', '-0.0', '1e400', '-1e400', '"NaN"', '"Infinity"', '0.1', '1884518522.1684267241'];
    await project.gives(...numbers.map((number, id) => `{"id":${id},"n":${number}}`));
    expect(await project.run()).toMatchObject({ result: { status: 'partial', inserted: 3, rejected: 5 } });
    const [[id, zero] = [], , third] = await project.rows('id, n');
    expect([id, Object.is(Number(zero), 0), third]).toEqual(['0', true, ['6', '0.1']]);
  });

  test('names are kept as they are, and those that no database tells apart are refused before anything is made', async () => {
    const project = await projectOn(name);
    const names = [
      'select',
      'a "b" c',
      "it's",
      ' ',
      '$1',
      '?',
      'ünï👍',
      'a.b',
      '__proto__',
      'user',
      'column1',
      'v',
    ];
    await project.gives(`{"id":1,${names.map((one, n) => `${JSON.stringify(one)}:${n}`).join()}}`);
    expect(await project.run()).toMatchObject({ result: { status: 'succeeded', inserted: 1 } });
    expect(await project.rows('*')).toEqual([['1', ...names.keys()].map(String)]);
    expect(await project.run()).toMatchObject({ result: { unchanged: 1 } });
    await project.gives('{"id":1,"SELECT":1}');
    expect(await project.run()).toMatchObject({
      result: { status: 'failed', error: { code: 'schema/case' } },
    });
    if (name === 'libsql') return;
    await project.gives(`{"id":1,"":1}`);
    expect(await project.run()).toMatchObject({
      result: { status: 'failed', error: { code: 'schema/name' } },
    });
    expect(await project.rows('count(*)')).toEqual([['1']]);
  });
});
