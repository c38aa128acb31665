import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';

const people = `version: 1
sources: { files: { type: file, streams: { people: people.csv, gone: gone.csv } } }
sinks:
  db: { type: libsql, url: file:sync.db }
  out: { type: file, dir: out, format: jsonl }
pipelines:
  people:
    from: files.people
    to: db.people
    primary_key: email
    map: { email: email, name: name, age: { from: age, type: integer } }
    merge: { name: keep_edits, age: max }
  export: { from: files.people, to: out.people, enabled: false, tags: [nightly] }
  gone: { from: files.gone, to: db.gone, primary_key: id, enabled: false }
`;

const csv = 'email,name,age\nann@x.io,Ann,30\nbob@x.io,Bob,41\nzoe@x.io,Zoe,"n/a"\n';

const files = { 'sync.config.yaml': people, 'people.csv': csv };

function result(stdout: string): RunResult {
  return JSON.parse(stdout) as RunResult;
}

describe('run', () => {
  it('writes rows, keeps rejects, and says so with exit code 3', async () => {
    const folder = await folderWith(files);
    const { code, stderr, stdout } = await syncline(folder, ['run']);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /! people +3 read +\+ 2 +~ 0 += 0 +1 rejected .*→ syncline rejects show [0-9A-Z]{26}/,
    );
    expect(stderr).toMatch(/1 with rejects in .* · run [0-9A-Z]{26} · exit 3$/);
    expect(query(join(folder, 'sync.db'), 'SELECT email, name, age FROM people ORDER BY email')).toEqual([
      ['ann@x.io', 'Ann', 30],
      ['bob@x.io', 'Bob', 41],
    ]);
  });

  it('reports everything unchanged the second time', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run']);
    const { code, stdout } = await syncline(folder, ['run', '--json', '--allow-rejects']);
    expect(code).toBe(0);
    expect(result(stdout).pipelines.people).toMatchObject({
      status: 'partial',
      read: 3,
      inserted: 0,
      updated: 0,
      unchanged: 2,
      rejected: 1,
    });
  });

  it('keeps what a person changed, and takes the rest from the source', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run']);
    edit(join(folder, 'sync.db'), "UPDATE people SET name = 'Annie' WHERE email = 'ann@x.io'");
    await writeFile(join(folder, 'people.csv'), csv.replace('Ann,30', 'Anna,29').replace('Bob', 'Robert'));
    const { stdout } = await syncline(folder, ['run', '--json']);
    expect(result(stdout).pipelines.people).toMatchObject({ updated: 1, unchanged: 1, kept: 1 });
    expect(query(join(folder, 'sync.db'), 'SELECT name, age FROM people ORDER BY email')).toEqual([
      ['Annie', 30],
      ['Robert', 41],
    ]);
  });

  it('tells rejects with the record as it was read', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run']);
    const list = await syncline(folder, ['rejects', 'list', '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject([{ pipeline: 'people', rejected: 1, code: 'row/type' }]);
    const show = await syncline(folder, ['rejects', 'show', 'people']);
    expect(show.stdout).toContain('age: "n/a" is not an integer');
    expect(show.stdout).toContain('"email":"zoe@x.io"');
  });

  it('tells rejects as JSON with every digit, however deep their records are', async () => {
    const deep = `${'['.repeat(8000)}${']'.repeat(8000)}`;
    const lines = [`{"id":1,"n":9007199254740993,"v":"n/a"}`, `{"id":2,"d":${deep}}`, `{"id":3,"v":1}`];
    const folder = await folderWith({
      'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { all: all.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  all: { from: files.all, to: db.all, primary_key: id, map: { v: { from: v, type: integer } }, rest: keep, rejects: { max: 9 } }
`,
      'all.jsonl': lines.join('\n'),
    });
    expect((await syncline(folder, ['run'])).code).toBe(3);
    const { stdout } = await syncline(folder, ['rejects', 'show', 'all', '--json']);
    expect(stdout).toContain('"n":9007199254740993');
    expect(JSON.parse(stdout)).toMatchObject([
      { code: 'row/type', field: 'v' },
      { code: 'row/depth', field: 'd', record: { id: 2 } },
    ]);
    expect(query(join(folder, 'sync.db'), 'SELECT id FROM "all"')).toEqual([[3]]);
  });

  it('runs disabled pipelines only when they are named or tagged', async () => {
    const folder = await folderWith(files);
    const named = await syncline(folder, ['run', 'export', '--json']);
    expect(Object.keys(result(named.stdout).pipelines)).toEqual(['export']);
    const tagged = await syncline(folder, ['run', '--select', 'tag:nightly', '--json']);
    expect(Object.keys(result(tagged.stdout).pipelines)).toEqual(['export']);
    const globbed = await syncline(folder, ['run', '--select', 'p*', '--json']);
    expect(Object.keys(result(globbed.stdout).pipelines)).toEqual(['people']);
  });

  it('goes on with the others when one fails, and is mixed', async () => {
    const folder = await folderWith(files);
    const { code, stdout, stderr } = await syncline(folder, ['run', 'people', 'gone', '--json']);
    const { status, exitCode, pipelines } = result(stdout);
    expect({ code, status, exitCode }).toEqual({ code: 1, status: 'mixed', exitCode: 1 });
    expect(pipelines.people?.inserted).toBe(2);
    expect(pipelines.gone?.error?.code).toBe('source/file_missing');
    expect(stderr).toContain('gone.csv');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('names an unknown pipeline with the one that was meant, and runs nothing', async () => {
    const folder = await folderWith(files);
    const { code, stderr } = await syncline(folder, ['run', 'poeple']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "people"?');
    expect(existsSync(join(folder, 'sync.db'))).toBe(false);
  });

  it('does not let an empty read empty a file, unless told to', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run', 'export']);
    const before = await readFile(join(folder, 'out/people.jsonl'), 'utf8');
    await writeFile(join(folder, 'people.csv'), 'email,name,age\n');
    const refused = await syncline(folder, ['run', 'export']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--allow-empty');
    expect(await readFile(join(folder, 'out/people.jsonl'), 'utf8')).toBe(before);
    expect((await syncline(folder, ['run', 'export', '--allow-empty'])).code).toBe(0);
    expect(await readFile(join(folder, 'out/people.jsonl'), 'utf8')).toBe('');
  });

  it('refuses to replace a whole by a part', async () => {
    const folder = await folderWith(files);
    const { code, stderr } = await syncline(folder, ['run', 'export', '--max-records', '1']);
    expect(code).toBe(2);
    expect(stderr).toContain('usage/limited_replace');
    expect((await syncline(folder, ['run', '--max-records', '1'])).code).toBe(0);
    expect(query(join(folder, 'sync.db'), 'SELECT count(*) FROM people')).toEqual([[1]]);
  });

  it('refuses a column that the file no longer has before it writes a row', async () => {
    const folder = await folderWith({ ...files, 'people.csv': 'mail,name,age\nann@x.io,Ann,30\n' });
    const { code, stderr } = await syncline(folder, ['run']);
    expect(code).toBe(1);
    expect(stderr).toContain('has no column "email"');
    expect(stderr).toContain('mail, name, age');
  });

  it('tells one JSON event a line, and the result at the end', async () => {
    const folder = await folderWith(files);
    const { stderr } = await syncline(folder, ['run', '--ui', 'json']);
    const events = stderr.split('\n').map((line) => JSON.parse(line) as { version: number; type: string });
    expect(events.every(({ version }) => version === 1)).toBe(true);
    expect(events[0]?.type).toBe('run_started');
    expect(events.at(-1)?.type).toBe('run_finished');
  });

  it('says nothing when it is quiet and all is well', async () => {
    const folder = await folderWith({ ...files, 'people.csv': 'email,name,age\nann@x.io,Ann,30\n' });
    expect(await syncline(folder, ['run', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('writes no escape codes into a pipe, and survives a reader that goes away', async () => {
    const folder = await folderWith(files);
    const { stderr } = await syncline(folder, ['run']);
    expect(stderr).not.toContain('\u001b');
    const piped = async (reader: string) => {
      const line = `"${process.execPath}" "${cli}" run --json 2>/dev/null | ${reader}; echo " ${'${PIPESTATUS[0]}'}"`;
      return (await execa('bash', ['-c', line], { cwd: folder })).stdout;
    };
    expect(await piped('head -c 1')).toBe('{ 3');
    // This one has gone before anything is written.
    expect(await piped('true')).toBe(' 3');
    const closed = await execa('sh', ['-c', `"${process.execPath}" "${cli}" run --json >&- 2>&-; echo $?`], {
      cwd: folder,
    });
    expect(closed.stdout).toBe('3');
  });

  it('stops between batches on SIGTERM with 143, and the next run completes', async () => {
    const rows = Array.from({ length: 300_000 }, (_, n) => `u${n}@x.io,Name ${n},${n}`).join('\n');
    const folder = await folderWith({ ...files, 'people.csv': `email,name,age\n${rows}\n` });
    const child = execa(process.execPath, [cli, 'run', '--ui', 'json'], { cwd: folder, reject: false });
    for await (const line of child.iterable({ from: 'stderr' }))
      if (line.includes('"progress"')) {
        child.kill('SIGTERM');
        break;
      }
    expect((await child).exitCode).toBe(143);
    const after = query(join(folder, 'sync.db'), 'SELECT count(*) FROM people')[0] as [number];
    expect(after[0] % 1000).toBe(0);
    expect(after[0]).toBeGreaterThan(0);
    expect(after[0]).toBeLessThan(300_000);
    expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
    expect(query(join(folder, 'sync.db'), 'SELECT count(*) FROM people')).toEqual([[300_000]]);
  });
});
