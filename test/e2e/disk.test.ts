import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { soak, tried } from '../counts.ts';
import { cli, folderWith, query, syncline } from './cli.ts';

const count = soak ? 4000 : 600;
const rows = Array.from({ length: count }, (_, n) => `{"id":${n},"at":${Math.floor(n / 3)}}\n`).join('');
const config = `version: 1
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at } } } } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { batch_size: 100, from: in.rows } }
pipelines:
  one: { to: db.one, mode: append }
  two: { to: db.two, primary_key: id }
`;

const traceable = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
if (!traceable) console.log('skipped: failing writes need strace, which is not here or may not trace');

const failures = [
  ['pwrite64', 'ENOSPC'],
  ['pwrite64', 'EIO'],
  ['fsync,fdatasync', 'EIO'],
] as const;

describe.runIf(traceable)('a write that fails', () => {
  it.each(tried(failures))('at any time (%s: %s) leaves what the next run completes', async (call, error) => {
    let failed = 0;
    for (let nth = 1; ; nth *= soak ? 2 : 4) {
      const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': rows });
      const inject = [
        '-f',
        '-o',
        '/dev/null',
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${call}:error=${error}:when=${nth}`,
      ];
      const { exitCode, stderr } = await execa('strace', [...inject, process.execPath, cli, 'run'], {
        cwd: folder,
        reject: false,
      });
      expect(stderr).not.toMatch(/\n +at .*:\d+:\d+/);
      const again = await syncline(folder, ['run', '--quiet']);
      expect({ nth, again }).toEqual({ nth, again: { code: 0, stdout: '', stderr: '' } });
      for (const table of ['one', 'two'])
        expect(query(join(folder, 'sync.db'), `SELECT count(*), count(DISTINCT id) FROM ${table}`)).toEqual([
          [count, count],
        ]);
      if (exitCode === 0) break;
      failed += 1;
    }
    expect(failed).toBeGreaterThan(0);
  });
});
