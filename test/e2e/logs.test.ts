import { symlinkSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/model/log-line.ts';
import { tried } from '../counts.ts';
import { hasRun } from '../kit/built-runner.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';

/** A source that does this between two batches, with its context's `logger` and its `token`. */
function plugin(read = ''): string {
  return `import { defineSource, SyncError } from 'syncline';
export const source = defineSource({
  name: 'odd', summary: 'Does odd things.',
  options: { type: 'object', additionalProperties: false,
    properties: { token: { type: 'string', description: 'A token.', 'x-secret': true } } },
  streamOptions: { type: 'object', additionalProperties: false,
    properties: { path: { type: 'string', description: 'A path.' } } },
  shortForm: 'path',
  async open({ token }, { logger }) {
    return {
      async *read({ stream }) {
        yield { records: [{ id: 1, n: 'one' }, { id: 2, n: token ?? 2 }], bytes: 9 };
        ${read}
        yield { records: [{ id: 3, n: 3 }], bytes: 9 };
      },
      async close() {},
    };
  },
});
`;
}

/** Three pipelines: `good` and `other` have rejects, `gone` fails. `top` is put above them, `odd` into the odd source. */
function config(top = '', odd = ''): string {
  return `version: 1
${top}
sources:
  odd: { type: ./odd.ts, streams: { one: x, two: x }${odd} }
  files: { type: file, streams: { gone: gone.csv } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out, format: jsonl } }
pipelines:
  good: { from: odd.one, to: db.good, primary_key: id, map: { id: id, n: { from: n, type: integer } } }
  other: { from: odd.two, to: db.other, primary_key: id, map: { id: id, n: { from: n, type: integer } } }
  gone: { from: files.gone, to: db.gone, primary_key: id }
`;
}

const files = (top = '', read = '') => ({ 'sync.config.yaml': config(top), 'odd.ts': plugin(read) });

async function linesIn(folder: string): Promise<LogLine[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as LogLine);
}

const written = (folder: string) => linesIn(join(folder, '.syncline/logs'));
const errors = (folder: string) => linesIn(join(folder, '.syncline/logs/errors'));
const brief = ({ level, pipeline, event, message }: LogLine) =>
  [level, pipeline, event, message.replace(/01[0-9A-Z]{24}/, 'RUN').replace(/ \(\/.*/, '')].join(' | ');
const kept = (folder: string) =>
  query(
    join(folder, '.syncline/state.db'),
    'SELECT level, step, message FROM logs ORDER BY id',
  ) as string[][];

/** A folder where a run was killed in its middle. */
async function killed(): Promise<string> {
  const hangs = "console.log('hangs'); await new Promise(() => setInterval(() => {}, 1_000));";
  const folder = await folderWith(files('', hangs));
  const child = execa(process.execPath, [cli, 'run', 'good'], { cwd: folder, reject: false });
  child.stderr.on('data', (text: Buffer) => text.includes('hangs') && child.kill('SIGKILL'));
  await child;
  return folder;
}

describe('a run with rejects and a failure', () => {
  it('is logged line by line, its failure also among the errors', async () => {
    const folder = await folderWith(files());
    await syncline(folder, ['run', 'good', 'gone', '--concurrency', '1']);
    const lines = await written(folder);
    expect(lines.map(brief)).toEqual([
      'info |  | run_started | run RUN: good, gone',
      'info | good | pipeline_started | odd.one → db.good',
      'warn | good | notice | row rejected: n: "one" is not an integer',
      'info | good | notice | table created',
      'warn | good | pipeline_finished | partial: 3 read, 1 rejected',
      'info | gone | pipeline_started | files.gone → db.gone',
      'error | gone | pipeline_finished | failed: gone.csv is not there',
      'info |  | run_finished | run RUN ended: mixed, exit 1',
    ]);
    expect(lines[4]).toMatchObject({ status: 'partial', counts: { read: 3, inserted: 2, rejected: 1 } });
    expect(lines[6]).toMatchObject({ code: 'source/file_missing', hint: expect.stringContaining('path') });
    expect(new Set(lines.map(({ run }) => run)).size).toBe(1);
    for (const { time } of lines) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await errors(folder)).toEqual([lines[6]]);
  });

  it('is stored in the state from warn on, with its beginnings and ends', async () => {
    const folder = await folderWith(files());
    await hasRun(folder, 'good', 'gone');
    expect(kept(folder).map(([level, step]) => `${level} ${step}`)).toEqual([
      'info run_started',
      'info pipeline_started',
      'warn notice',
      'warn pipeline_finished',
      'info pipeline_started',
      'error pipeline_finished',
      'info run_finished',
    ]);
  });

  it('is logged as far as the levels say', async () => {
    const folder = await folderWith(files('logs: { level: warn, database: { level: info } }'));
    await hasRun(folder, 'good', 'gone');
    expect((await written(folder)).map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
    expect(kept(folder)).toHaveLength(8);
  });
});

describe('syncline logs', () => {
  it('shows the newest run, or the one that is named', async () => {
    const folder = await folderWith(files());
    const first = JSON.parse((await syncline(folder, ['run', 'gone', '--json'])).stdout) as { runId: string };
    await hasRun(folder, 'good');
    const newest = await syncline(folder, ['logs']);
    expect(newest).toMatchObject({ code: 0, stdout: expect.stringMatching(/warn {2}good: partial: 3 read/) });
    expect(newest.stdout).not.toContain(first.runId);
    const { stdout } = await syncline(folder, ['logs', first.runId]);
    expect(stdout.split('\n')).toHaveLength(5);
    expect(stdout).toMatch(/error gone: failed: gone\.csv is not there .* \[source\/file_missing\]\n +\w/);
  });

  it('narrows by level, pipeline and number, and speaks JSON', async () => {
    const folder = await folderWith(files());
    await hasRun(folder, 'good', 'gone');
    const shown = async (...flags: string[]) => {
      const { stdout } = await syncline(folder, ['logs', '-o', 'ndjson', ...flags]);
      return stdout.split('\n').map((line) => brief(JSON.parse(line) as LogLine));
    };
    expect(await shown('--level', 'error')).toEqual([
      'error | gone | pipeline_finished | failed: gone.csv is not there',
    ]);
    expect(await shown('--pipeline', 'gone', '--limit', '1')).toEqual(await shown('--level', 'error'));
    expect(await shown('--pipeline', 'good')).toHaveLength(4);
    const { stdout } = await syncline(folder, ['logs', '--json']);
    expect(JSON.parse(stdout)).toEqual(await written(folder));
  });

  it('shows the errors of all runs, each with its run', async () => {
    const folder = await folderWith(files());
    for (const name of ['gone', 'good', 'gone']) await hasRun(folder, name);
    const { stdout } = await syncline(folder, ['logs', '--errors']);
    const told = stdout.split('\n').filter((line) => line.includes(' error '));
    expect(told).toHaveLength(2);
    for (const line of told) expect(line).toMatch(/Z error 01[0-9A-Z]{24} gone: failed: /);
  });

  it.each(
    tried([
      [['logs'], 'usage/unknown_run'],
      [['logs', 'nonsense'], 'usage/unknown_run'],
      [['logs', '01M82MWB5MNSZEXZF5PBM9RT2D'], 'usage/unknown_run'],
      [['logs', '--pipeline', 'nobody'], 'usage/unknown_pipeline'],
    ]),
  )('%j is refused where there is no such thing', async (args, code) => {
    const { code: exit, stderr } = await syncline(await folderWith(files()), args);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(`[${code}]`) });
  });

  it('says what became of a run that was killed', async () => {
    const folder = await killed();
    expect((await written(folder)).map(({ event }) => event)).toContain('pipeline_started');
    const { stdout } = await syncline(folder, ['logs', '-o', 'ndjson']);
    const last = JSON.parse(stdout.split('\n').at(-1) ?? '') as LogLine;
    expect(brief(last)).toBe('error |  | run_finished | run RUN ended: interrupted, its process died');
  });
});

it('the next run logs the end of one that was killed', async () => {
  const folder = await killed();
  await hasRun(folder, 'gone');
  const [first] = await written(folder);
  const died = (await errors(folder))[0];
  expect(died).toMatchObject({ run: first?.run, event: 'run_finished', status: 'interrupted' });
  expect(kept(folder)).toContainEqual(['error', 'run_finished', died?.message]);
  const { stdout } = await syncline(folder, ['logs', first?.run ?? '']);
  expect(stdout.match(/its process died/g)).toHaveLength(1);
});

it('what is in the files is shown also where the state is lost', async () => {
  const folder = await killed();
  for (const name of await readdir(join(folder, '.syncline')))
    if (name.startsWith('state.db')) await writeFile(join(folder, '.syncline', name), 'no database');
  expect(await syncline(folder, ['logs'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(': good'),
  });
});

it('a process that ends before its run writes so', async () => {
  const folder = await folderWith(files('', 'process.exit(0);'));
  await syncline(folder, ['run', 'good']);
  expect((await errors(folder)).map(brief)).toEqual([
    'error |  | process_ended | the process ended with exit code 70 before run RUN had ended',
  ]);
});

it('lines of processes that run at once stay whole', async () => {
  const talk = "for (let n = 0; n < 200; n++) logger.info(stream + 'x'.repeat(20_000));";
  const folder = await folderWith(files('logs: { database: { level: info, to: db.sync_logs } }', talk));
  const ended = await Promise.all(['good', 'other'].map((name) => syncline(folder, ['run', name])));
  expect(ended.map(({ code }) => code)).toEqual([3, 3]);
  const long = (await written(folder)).filter(({ message }) => message.length > 20_000);
  for (const stream of ['one', 'two'])
    expect(long.filter(({ message }) => message.startsWith(`source odd: ${stream}`))).toHaveLength(200);
  expect(
    query(join(folder, 'sync.db'), 'SELECT count(*) FROM sync_logs WHERE length(message) > 20000'),
  ).toEqual([[400]]);
});

it('no log holds a secret', async () => {
  const leak = `logger.warn('with ' + token);
    if (stream === 'two') throw new SyncError('source/malformed', 'refused ' + token, { hint: 'Not ' + token + '.' });`;
  const secret = 'hush/hush "hush"';
  const top = 'logs: { level: info, database: { level: info, to: db.sync_logs } }';
  for (const logs of [top, 'logs: { database: { level: info } }']) {
    const folder = await folderWith({
      'sync.config.yaml': config(logs, ', token: "${TOKEN}"'),
      'odd.ts': plugin(leak),
    });
    const { stderr } = await syncline(folder, ['run', 'good', 'other'], { TOKEN: secret });
    expect(stderr).toContain('with •••');
    const messages = (await written(folder)).map(({ message, hint = '' }) => message + hint);
    expect(new Set(messages.filter((message) => message.includes('•••')))).toEqual(
      new Set([
        'row rejected: n: "•••" is not an integer',
        'source odd: with •••',
        'failed: refused •••Not •••.',
      ]),
    );
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/\.(jsonl|db|db-wal)$/.test(name)) continue;
      expect((await readFile(join(folder, name), 'latin1')).includes('hush'), name).toBe(false);
    }
  }
});

describe('a table of a sink', () => {
  it('takes the lines, with the columns it promises', async () => {
    const folder = await folderWith(files('logs: { database: { to: db.sync_logs } }'));
    await hasRun(folder, 'good', 'gone');
    const [started] = await written(folder);
    const sql =
      'SELECT batch_id, level, step, message, meta, created_at FROM sync_logs ORDER BY created_at, rowid';
    const rows = query(join(folder, 'sync.db'), sql) as string[][];
    expect(rows.map(([, level, step]) => `${level} ${step}`)).toEqual([
      'info run_started',
      'info pipeline_started',
      'warn notice',
      'warn pipeline_finished',
      'info pipeline_started',
      'error pipeline_finished',
      'info run_finished',
    ]);
    expect(rows[0]).toEqual([
      started?.run,
      'info',
      'run_started',
      started?.message,
      '{}',
      started?.time.replace('Z', '000Z'),
    ]);
    expect(JSON.parse(rows[3]?.[4] ?? '')).toMatchObject({ pipeline: 'good', counts: { read: 3 } });
    expect(kept(folder)).toEqual([]);
    expect((await syncline(folder, ['state', 'list'])).stdout).not.toContain('sync_logs');
  });

  it('may be a file that is appended to', async () => {
    const folder = await folderWith(files('logs: { database: { to: out.sync_logs } }'));
    for (const name of ['good', 'gone']) await hasRun(folder, name);
    const rows = (await linesIn(join(folder, 'out/sync_logs'))) as unknown as { step: string }[];
    expect(rows.filter(({ step }) => step === 'run_finished')).toHaveLength(2);
  });

  it('that cannot be written is told once, and costs the run nothing', async () => {
    const folder = await folderWith(files('logs: { database: { to: db.sync_logs } }'));
    edit(join(folder, 'sync.db'), 'CREATE VIEW sync_logs AS SELECT 1');
    const { code, stderr } = await syncline(folder, ['run', 'good']);
    expect(code).toBe(3);
    expect(stderr.match(/not all is logged/g)).toHaveLength(1);
    expect(stderr).toMatch(/warning: not all is logged, the database failed: .*sync_logs.* is a view/);
  });
});

describe('what is older than `keep`', () => {
  it.each(
    tried([
      ['the state', '', '.syncline/state.db', 'logs'],
      ['a table', ', database: { to: db.sync_logs }', 'sync.db', 'sync_logs'],
    ]),
  )('is removed from the files and from %s when a run begins', async (_, to, database, table) => {
    const folder = await folderWith(files(`logs: { keep: 3d${to} }`));
    await hasRun(folder, 'gone');
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
    for (const ago of [2, 5]) {
      const name = `${day(ago).slice(0, 10)}.jsonl`;
      for (const part of ['', 'errors']) await writeFile(join(folder, '.syncline/logs', part, name), '');
      edit(
        join(folder, database),
        `INSERT INTO ${table} (batch_id, level, step, message, meta, created_at)
        VALUES ('${ago} days', 'info', '', '', '{}', '${day(ago)}')`,
      );
    }
    await hasRun(folder, 'gone');
    for (const part of ['', 'errors']) {
      const names = await readdir(join(folder, '.syncline/logs', part));
      expect(names).toContain(`${day(2).slice(0, 10)}.jsonl`);
      expect(names).not.toContain(`${day(5).slice(0, 10)}.jsonl`);
    }
    const old = `SELECT DISTINCT batch_id FROM ${table} WHERE batch_id LIKE '% days'`;
    expect(query(join(folder, database), old)).toEqual([['2 days']]);
  });
});

describe('a folder that cannot be written', () => {
  const blocked = async (folder: string) => {
    const { code, stderr } = await syncline(folder, ['run', 'good']);
    expect(code).toBe(3);
    expect(stderr.match(/not all is logged/g)).toHaveLength(1);
    return stderr;
  };

  it('is told once, costs the run nothing, and leaves what the state has', async () => {
    const folder = await folderWith({ ...files('logs: { dir: blocked }'), blocked: '' });
    expect(await blocked(folder)).toContain(`the folder ${join(folder, 'blocked')} failed: `);
    expect(await syncline(folder, ['logs'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[log/unreadable]'),
    });
    await rm(join(folder, 'blocked'));
    const { stdout } = await syncline(folder, ['logs']);
    expect(stdout).toMatch(/info {2}run .*: good\n(.*\n)*.* warn {2}good: partial/);
  });

  it.skipIf(process.getuid?.() === 0)('may be one without the permission', async () => {
    const folder = await folderWith(files());
    await mkdir(join(folder, '.syncline/logs'), { recursive: true });
    await chmod(join(folder, '.syncline/logs'), 0o500);
    expect(await blocked(folder)).toContain('EACCES');
  });

  it.skipIf(process.platform !== 'linux')('may be one on a full disk', async () => {
    const folder = await folderWith(files());
    const logs = join(folder, '.syncline/logs');
    await mkdir(logs, { recursive: true });
    for (const later of [0, 1]) {
      const day = new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10);
      symlinkSync('/dev/full', join(logs, `${day}.jsonl`));
    }
    expect(await blocked(folder)).toContain('ENOSPC');
  });
});

describe('syncline logs -f', () => {
  const following = (folder: string, ...args: string[]) =>
    execa(process.execPath, [cli, 'logs', '-f', ...args], { cwd: folder, reject: false, stdin: 'ignore' });

  it.each(
    tried([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const),
  )('shows a run while it goes on, until %s', async (signal, code) => {
    // The source waits until the line before it was seen by the follower.
    const waits =
      "logger.info('midway'); while (!(await import('node:fs')).existsSync('seen')) await new Promise((done) => setTimeout(done, 5));";
    const folder = await folderWith(files('', waits));
    const child = following(folder);
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = shown;
      shown += chunk;
      if (shown.includes('midway') && !before.includes('midway')) void writeFile(join(folder, 'seen'), '');
      if (/ ended: /.test(shown) && !/ ended: /.test(before)) child.kill(signal);
    });
    expect((await syncline(folder, ['run', 'good'])).code).toBe(3);
    expect((await child).exitCode).toBe(code);
    expect(shown).toMatch(/info {2}run 01\w+: good\n.* info {2}01\w+ good: odd\.one → db\.good\n/);
  });

  it('of one run ends with it', async () => {
    const folder = await folderWith(files());
    const { stdout } = await syncline(folder, ['run', 'gone', '--json']);
    const { exitCode, stdout: shown } = await following(
      folder,
      (JSON.parse(stdout) as { runId: string }).runId,
    );
    expect(exitCode).toBe(0);
    expect(shown.split('\n')).toHaveLength(5);
  });

  it('begins with the last lines there are', async () => {
    const folder = await folderWith(files());
    await hasRun(folder, 'gone');
    const child = following(folder, '--limit', '1', '-o', 'ndjson');
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { stdout } = await child;
    expect(brief(JSON.parse(stdout) as LogLine)).toBe(
      'info |  | run_finished | run RUN ended: failed, exit 1',
    );
  });

  it('ends quietly when nobody reads it any more', async () => {
    const folder = await folderWith(files());
    const command = `set -o pipefail; "${process.execPath}" "${cli}" logs -f | head -1`;
    const child = execa('bash', ['-c', command], { cwd: folder, reject: false, stdin: 'ignore' });
    let ended = false;
    void child.then(() => {
      ended = true;
    });
    while (!ended) await syncline(folder, ['run', 'gone']);
    const { exitCode, stderr, stdout } = await child;
    expect({ exitCode, stderr, lines: stdout.split('\n').length }).toEqual({
      exitCode: 0,
      stderr: '',
      lines: 1,
    });
  });
});
