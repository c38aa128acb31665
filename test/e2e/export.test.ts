import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  one: { from: in.rows, to: db.one, primary_key: id, schedule: { every: 30m } }
  two: { from: in.rows, to: db.two, primary_key: id, after: one }
`;

it('the line of cron runs the pipelines, wherever the config lies', async () => {
  const folder = join(await folderWith({}), `it's 100% "ours"`);
  await mkdir(folder);
  await writeFile(join(folder, 'sync.config.yaml'), config);
  await writeFile(join(folder, 'rows.jsonl'), '{"id":1}\n');
  const { stdout, stderr } = await syncline(folder, ['export', 'cron']);
  expect(stderr).toBe('');
  const [, command = ''] = /^\*\/30 \* \* \* \* (.*)$/m.exec(stdout) ?? [];
  expect(command).not.toMatch(/(?<!\\)%/);
  await execa('sh', ['-c', command.replaceAll('\\%', '%')], {
    cwd: '/',
    env: { PATH: '/bin' },
    extendEnv: false,
  });
  expect(await readFile(join(folder, 'syncline-cron.log'), 'utf8')).toBe('');
  expect(
    query(join(folder, 'sync.db'), 'SELECT (SELECT count(*) FROM one) + (SELECT count(*) FROM two)'),
  ).toEqual([[2]]);
});

it('files are written, and over others only where that is wanted', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': '{"id":1}\n' });
  const call = (...more: string[]) => syncline(folder, ['export', 'systemd', '--out', 'units', ...more]);
  expect(await call()).toMatchObject({ code: 0, stdout: '' });
  const unit = await readFile(join(folder, 'units', 'syncline-one.service'), 'utf8');
  expect(unit).toContain(' run one two --config ');
  const again = await call();
  expect(again).toMatchObject({ code: 2 });
  expect(again.stderr).toContain('is there already');
  expect((await call('--yes')).code).toBe(0);
  expect((await syncline(folder, ['export', 'github-actions'])).stdout).toContain('  - cron: "*/30 * * * *"');
});

it('what cannot be said is an error of the command line', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config.replace('30m', '7m'), 'rows.jsonl': '' });
  for (const target of ['cron', 'systemd', 'github-actions'])
    expect(await syncline(folder, ['export', target])).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('[export/schedule]'),
    });
});
