import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshDatabase, query } from '../kit/postgres.ts';
import { edit, folderWith, syncline } from './cli.ts';

/** Whatever the database and its fault: how it is made, and mended. */
interface Faulty {
  readonly sink: string;
  readonly code: string;
  mend(): void | Promise<void>;
}

const batch = 50;
const rows = 400;

async function projectOn(sink: string): Promise<string> {
  // Text that no database makes smaller.
  const text = (n: number) =>
    Array.from({ length: 4000 }, (_, at) => ((n * 7919 + at * at) % 997).toString(36)).join('');
  return folderWith({
    'rows.jsonl': Array.from({ length: rows }, (_, id) => `{"id":${id},"v":"${text(id)}"}\n`).join(''),
    'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: ${sink} }
pipelines:
  rows: { from: files.rows, to: db.rows, mode: append, batch_size: ${batch}, columns: { run_id: false, synced_at: false } }
`,
  });
}

/** A run fails with one error that says what to do, has done whole batches only, and the next one does the rest, once. */
async function failsAndRecovers(faulty: Faulty): Promise<void> {
  const folder = await projectOn(faulty.sink);
  const { code, stdout, stderr } = await syncline(folder, ['run', '--json']);
  const result = JSON.parse(stdout).pipelines.rows;
  expect({ code, status: result.status, error: result.error }).toMatchObject({
    code: 1,
    status: 'failed',
    error: { code: faulty.code, hint: expect.stringMatching(/^[A-Z].*\.$/) },
  });
  expect(result.inserted % batch).toBe(0);
  expect(stderr).not.toMatch(/\n +at .*:\d+:\d+/);
  await faulty.mend();
  const again = await syncline(folder, ['run', '--json']);
  expect({ code: again.code, inserted: JSON.parse(again.stdout).pipelines.rows.inserted }).toEqual({
    code: 0,
    inserted: rows - result.inserted,
  });
}

const mountable = spawnSync('unshare', ['-m', 'true']).status === 0 && process.getuid?.() === 0;
if (!mountable) console.log('skipped: full and read-only disks need root, who may mount them');

/** A disk of its own, of so many megabytes. */
function smallDisk(megabytes: number): { path: string; change(options: string): void } {
  const path = mkdtempSync(join(tmpdir(), 'syncline-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', path]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true });
  });
  return { path, change: (options) => void execFileSync('mount', ['-o', `remount,${options}`, path]) };
}

describe.runIf(mountable)('a disk', () => {
  test('that is full, under libSQL', async () => {
    const disk = smallDisk(1);
    await failsAndRecovers({
      sink: `{ type: libsql, url: "file:${disk.path}/sync.db" }`,
      code: 'sql/full',
      mend: () => disk.change('size=64m'),
    });
  });

  test('that is read-only, under libSQL', async () => {
    const disk = smallDisk(16);
    const sink = `{ type: libsql, url: "file:${disk.path}/sync.db" }`;
    edit(`${disk.path}/sync.db`, 'PRAGMA journal_mode = WAL; CREATE TABLE others (id)');
    disk.change('ro');
    // Kept in WAL mode, a database cannot even be looked at then.
    await failsAndRecovers({ sink, code: 'sql/open', mend: () => disk.change('rw') });
  });

  test('that is full, under PostgreSQL', async () => {
    const url = await freshDatabase();
    const disk = smallDisk(2);
    const [[data = ''] = []] = await query(url, 'SHOW data_directory');
    const { uid, gid } = statSync(data ?? '');
    const space = join(disk.path, 'space');
    mkdirSync(space);
    for (const path of [disk.path, space]) chownSync(path, uid, gid);
    await query(url, `CREATE TABLESPACE small LOCATION '${space}'`);
    await query(url, 'CREATE TABLE rows (id bigint, v text) TABLESPACE small');
    onTestFinished(async () => {
      await query(url, 'DROP TABLE rows');
      await query(url, 'DROP TABLESPACE small');
    });
    await failsAndRecovers({
      sink: `{ type: postgres, url: "${url}" }`,
      code: 'sql/full',
      mend: () => disk.change('size=64m'),
    });
  });
});

describe('a PostgreSQL server', () => {
  test('that is set to read only', async () => {
    const url = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await query(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await failsAndRecovers({
      sink: `{ type: postgres, url: "${url}" }`,
      code: 'sql/readonly',
      async mend() {
        const server = new URL(url);
        server.pathname = '/postgres';
        await query(server.href, `ALTER DATABASE ${name} RESET default_transaction_read_only`);
      },
    });
  });

  test('whose user may not write the table', async () => {
    const url = await freshDatabase();
    const user = new URL(url);
    user.username = `limited_${user.pathname.slice(1)}`;
    user.password = 'secret';
    await query(
      url,
      `CREATE TABLE rows (id bigint, v text);
      CREATE ROLE ${user.username} LOGIN PASSWORD 'secret';
      GRANT CREATE ON SCHEMA public TO ${user.username};
      GRANT SELECT ON rows TO ${user.username}`,
    );
    onTestFinished(() =>
      query(url, `DROP OWNED BY ${user.username} CASCADE; DROP ROLE ${user.username};`).then(() => undefined),
    );
    await failsAndRecovers({
      sink: `{ type: postgres, url: "${user.href}" }`,
      code: 'sql/denied',
      mend: () => query(url, `GRANT INSERT ON rows TO ${user.username}`).then(() => undefined),
    });
  });
});
