import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { cli, folderWith, syncline } from './cli.ts';

/** A source whose `read` does this, between two batches. */
function plugin(read: string): string {
  return `import { defineSource, SyncError } from 'syncline';
export const source = defineSource({
  name: 'odd', summary: 'Does odd things.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { path: { type: 'string', description: 'A path.' } }, additionalProperties: false },
  shortForm: 'path',
  async open() {
    return {
      async *read() {
        yield { records: [{ id: 1 }], bytes: 9 };
        ${read}
        yield { records: [{ id: 2 }], bytes: 9 };
      },
      async close() {},
    };
  },
});
`;
}

const config = `version: 1
sources:
  odd: { type: ./odd.ts, streams: { rows: x } }
  good: { type: file, streams: { rows: rows.jsonl } }
sinks:
  out: { type: file, dir: out }
  db: { type: libsql, url: "file:sync.db" }
  terminal: { type: stdout }
pipelines:
  odd: { from: odd.rows, to: out.odd }
  good: { from: good.rows, to: out.good }
  merged: { from: good.rows, to: db.merged, primary_key: id, merge: { n: ./merge.ts }, enabled: false }
  printed: { from: good.rows, to: terminal.rows, enabled: false }
`;

function files(read: string, merge = 'export default (existing, incoming) => incoming;') {
  return {
    'sync.config.yaml': config,
    'odd.ts': plugin(read),
    'merge.ts': merge,
    'rows.jsonl': '{"id":1,"n":1}\n',
  };
}

const stalls = 'await new Promise(() => {});';

describe('a plugin that', () => {
  it('waits for what never comes ends the command with 70 and a word', async () => {
    const folder = await folderWith(files(stalls));
    const { code, stderr } = await syncline(folder, ['preview', 'odd']);
    expect({ code, stderr }).toEqual({ code: 70, stderr: expect.stringContaining('[plugin/stalled]') });
  });

  it('never finishes loading ends the command with 70 and a word', async () => {
    const folder = await folderWith(files('', stalls));
    const { code, stderr } = await syncline(folder, ['validate']);
    expect({ code, stderr }).toEqual({ code: 70, stderr: expect.stringContaining('[plugin/stalled]') });
  });

  it('exits the process does not end it well', async () => {
    const folder = await folderWith(files('process.exit(0);'));
    const { code, stderr } = await syncline(folder, ['run']);
    expect({ code, stderr }).toEqual({ code: 70, stderr: expect.stringContaining('[plugin/exit]') });
  });

  it.each([
    [
      'throws in a timer',
      "setTimeout(() => { throw new Error('too late'); }); await new Promise((done) => setTimeout(done, 5_000));",
    ],
    [
      'rejects unheard',
      "Promise.reject(new Error('too late')); await new Promise((done) => setTimeout(done, 5_000));",
    ],
  ])('%s ends the process with 70 and a crash report', async (_, read) => {
    const folder = await folderWith(files(read));
    const { code, stderr } = await syncline(folder, ['run'], { TMPDIR: folder });
    expect(code).toBe(70);
    expect(stderr).toContain('bug too late');
    expect(stderr).not.toMatch(/^ +at /m);
    const report = /report it with (.*)$/m.exec(stderr)?.[1] ?? '';
    expect(await readFile(report, 'utf8')).toMatch(/Error: too late\n +at .*odd\.ts/);
    expect((await stat(report)).mode & 0o777).toBe(0o600);
    expect((await stat(join(report, '..'))).mode & 0o777).toBe(0o700);
  });

  it('throws fails its pipeline and no other, and is named', async () => {
    const folder = await folderWith(files("throw new TypeError('mid');"));
    const { code, stdout } = await syncline(folder, ['run', '--json'], { TMPDIR: folder });
    const { pipelines } = JSON.parse(stdout) as RunResult;
    expect({ code, good: pipelines.good?.status }).toEqual({ code: 1, good: 'succeeded' });
    const { error } = pipelines.odd ?? {};
    expect(error).toMatchObject({
      code: 'plugin/failed',
      message: 'source odd (./odd.ts) failed while reading: mid',
    });
    const report = /^Its stack: (.*)$/.exec(error?.hint ?? '')?.[1] ?? '';
    expect(await readFile(report, 'utf8')).toMatch(/caused by TypeError: mid\n +at .*odd\.ts/);
  });

  it('throws while it is previewed is no bug of ours', async () => {
    const folder = await folderWith(files("throw new TypeError('mid');"));
    const { code, stderr } = await syncline(folder, ['preview', 'odd']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('[plugin/failed]') });
  });

  it('throws a SyncError is told in its own words', async () => {
    const folder = await folderWith(files("throw new SyncError('source/malformed', 'cut off');"));
    const { stdout } = await syncline(folder, ['run', 'odd', '--json']);
    expect((JSON.parse(stdout) as RunResult).pipelines.odd?.error).toEqual({
      code: 'source/malformed',
      message: 'cut off',
    });
  });

  it('leaves something open does not keep the process', async () => {
    const folder = await folderWith(files('setInterval(() => {}, 1_000);'));
    expect((await syncline(folder, ['run'])).code).toBe(0);
  });

  it('talks on the console does not talk into the data', async () => {
    const merge =
      "export default (existing, incoming) => { console.log('in the thread'); return incoming; };";
    const folder = await folderWith(files("console.log('in the process');", merge));
    await syncline(folder, ['run', 'merged']);
    const { stdout, stderr } = await syncline(folder, ['run', 'odd', 'merged', '--all', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('in the process');
    expect(stderr).toContain('in the thread');
  });
});

it('prints the crash report where it cannot be kept', async () => {
  const folder = await folderWith(
    files(
      "setTimeout(() => { throw new Error('too late'); }); await new Promise((done) => setTimeout(done, 5_000));",
    ),
  );
  const { code, stderr } = await syncline(folder, ['run', 'odd'], { TMPDIR: join(folder, 'none') });
  expect(code).toBe(70);
  expect(stderr).toMatch(/Error: too late\n +at .*odd\.ts/);
  expect(stderr).toContain('report it with the lines above');
});

it('SIGTERM ends a run whose plugin hangs', async () => {
  const hangs = "console.log('hangs'); await new Promise(() => setInterval(() => {}, 1_000));";
  const child = execa(process.execPath, [cli, 'run', 'odd'], {
    cwd: await folderWith(files(hangs)),
    reject: false,
  });
  child.stderr.on('data', (text: Buffer) => text.includes('hangs') && child.kill('SIGTERM'));
  expect((await child).exitCode).toBe(143);
});

describe('output onto a full disk', () => {
  const full = async (folder: string, args: string) =>
    execa('sh', ['-c', `"${process.execPath}" "${cli}" ${args} > /dev/full`], { cwd: folder, reject: false });

  it.runIf(existsSync('/dev/full'))('fails the pipeline that writes there', async () => {
    const { exitCode, stderr } = await full(await folderWith(files('')), 'run printed');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the standard output could not be written');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.runIf(existsSync('/dev/full'))('does not pass for success', async () => {
    const { exitCode, stderr } = await full(await folderWith(files('')), 'run good --json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('[output/failed]') });
  });
});
