import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/commands/doctor/finding.ts';
import { cli, edit, folderWith, root, syncline } from './cli.ts';

const config = `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: libsql, url: "file:out.db" } }
pipelines: { rows: { from: in.rows, to: db.rows, primary_key: id } }
`;
const files = { 'sync.config.yaml': config, 'rows.jsonl': '{"id":1}\n' };
const stateOf = (folder: string) => join(folder, '.syncline/state.db');

/** What the doctor finds, by subject, and how it exits; it leaves every file as it was. */
async function doctor(folder: string, environment: { readonly [name: string]: string } = {}) {
  const before = contents(folder);
  const { code, stdout, stderr } = await syncline(folder, ['doctor', '--json'], environment);
  expect(stderr).toBe('');
  expect(contents(folder)).toEqual(before);
  const findings = JSON.parse(stdout) as Finding[];
  const of = (subject: string) => findings.filter((one) => one.subject === subject);
  return { code, findings, of, bad: findings.filter(({ status }) => status === 'bad') };
}

function contents(folder: string): object {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = all.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]);
}

describe('syncline doctor', () => {
  it('finds nothing wrong before the first run, nor after it', async () => {
    const folder = await folderWith(files);
    const first = await doctor(folder, { HTTPS_PROXY: 'http://ann:sesame-open-42@proxy.example.com:3128' });
    expect(first).toMatchObject({ code: 0, bad: [] });
    expect(existsSync(join(folder, '.syncline'))).toBe(false);
    expect(first.of('config')).toMatchObject([
      { status: 'good', found: expect.stringContaining('is valid') },
    ]);
    expect(first.of('state')).toMatchObject([{ found: expect.stringContaining('not there yet') }]);
    expect(first.of('node')).toMatchObject([{ status: 'good', found: process.versions.node }]);
    expect(first.of('libsql')).toMatchObject([
      { found: expect.stringMatching(/^0\.5\.\d+ with SQLite 3\./) },
    ]);
    expect(first.of('HTTPS_PROXY')).toMatchObject([{ found: 'http://***@proxy.example.com:3128' }]);
    expect(JSON.stringify(first.findings)).not.toContain('sesame');
    const { version, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
      engines: { node: string };
    };
    expect(first.of('syncline')).toMatchObject([{ found: version }]);
    expect(await readFile(join(root, 'src/commands/doctor/machine.ts'), 'utf8')).toContain(
      `oldestNode = [${engines.node.replace('>=', '').split('.').join(', ')}]`,
    );

    await syncline(folder, ['run', '--quiet']);
    const second = await doctor(folder);
    expect(second).toMatchObject({ code: 0, bad: [] });
    expect(second.of('state')).toMatchObject([{ status: 'good', found: expect.stringMatching(/^whole, /) }]);
    expect(second.of('runs')).toMatchObject([{ found: 'none was interrupted' }]);
    const { stdout, code } = await syncline(folder, ['doctor']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ {2}state +whole, /m);
  });

  it('works without a config, and where it is wrong', async () => {
    const none = await doctor(await folderWith({}));
    expect(none).toMatchObject({
      code: 1,
      bad: [{ subject: 'config', found: expect.stringContaining('[config/not_found]') }],
    });
    const folder = await folderWith({
      ...files,
      'sync.config.yaml': config.replace('type: libsql', 'type: x'),
    });
    await mkdir(join(folder, '.syncline'));
    await writeFile(stateOf(folder), 'no database at all'.repeat(200));
    const wrong = await doctor(folder);
    expect(wrong.code).toBe(1);
    expect(wrong.bad).toMatchObject([
      { subject: 'config', found: expect.stringMatching(/^sinks\.db\.type: /), next: 'syncline validate' },
      { subject: 'state', found: expect.stringContaining('[sql/corrupt]') },
    ]);
  });

  it('tells of a state that is damaged, or of a newer version', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run', '--quiet']);
    const whole = await readFile(stateOf(folder));
    const damaged = Buffer.from(whole);
    damaged.fill(0xa5, 3 * 4096, 4 * 4096);
    await writeFile(stateOf(folder), damaged);
    expect(await doctor(folder)).toMatchObject({ code: 1, bad: [{ subject: 'state' }] });
    await writeFile(stateOf(folder), whole);
    edit(stateOf(folder), 'PRAGMA user_version = 9999');
    expect(await doctor(folder)).toMatchObject({
      code: 1,
      bad: [{ subject: 'state', found: 'a newer version of Syncline wrote it' }],
    });
  });

  it('warns of files that others can read, and says how to mend it', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run', '--quiet']);
    const token = join(folder, '.syncline/daemon.token');
    await writeFile(token, 'a-token-that-nobody-guesses\n');
    for (const file of [token, stateOf(folder)]) await chmod(file, 0o644);
    const { code, of } = await doctor(folder);
    expect(code).toBe(0);
    expect(of('token of the API')).toMatchObject([{ status: 'warning', next: `chmod 600 ${token}` }]);
    expect(of('file of the state')).toMatchObject([{ status: 'warning' }]);
  });

  it('tells who holds a lease, and which runs died', async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['run', '--quiet']);
    const dead = await execa(process.execPath, ['--eval', 'process.stdout.write(String(process.pid))']);
    const [host, now] = [(await execa('hostname')).stdout, new Date().toISOString()];
    const lease = (pipeline: string, pid: number | string) =>
      `INSERT OR REPLACE INTO leases (pipeline, run_id, fence, host, pid, started, acquired_at, expires_at)
       VALUES ('${pipeline}', '01LIVE', 9, '${host}', ${pid}, (SELECT started FROM runs LIMIT 1), '${now}', ${Date.now() + 60_000});`;
    edit(
      stateOf(folder),
      `${lease('dead', dead.stdout)} ${lease('elsewhere', 1).replace(host, 'other.example.com')}
       INSERT INTO runs (id, started_at, host, pid, started, alive_at)
       SELECT '00DEAD', '${now}', host, ${dead.stdout}, started, ${Date.now()} FROM runs LIMIT 1;`,
    );
    const { code, of } = await doctor(folder);
    expect(code).toBe(0);
    expect(of('lease of dead')).toMatchObject([
      { status: 'warning', found: expect.stringMatching(/, dead$/) },
    ]);
    expect(of('lease of elsewhere')).toMatchObject([
      { status: 'good', found: expect.stringMatching(/^run 01LIVE since .* on other\.example\.com, alive$/) },
    ]);
    expect(of('runs')).toMatchObject([
      { status: 'warning', found: '1 run whose process died: 00DEAD', next: expect.any(String) },
    ]);
    await syncline(folder, ['status']);
    expect((await doctor(folder)).of('runs')).toMatchObject([{ status: 'good' }]);
  });

  it('says on which screen a run would be shown, and why', async () => {
    const folder = await folderWith(files);
    expect((await doctor(folder)).of('runs are shown')).toMatchObject([
      { status: 'good', found: 'in lines: the standard input is not a terminal' },
    ]);
    const { exitCode, stdout } = await execa(process.execPath, [cli, 'doctor', '--ui', 'tui', '--json'], {
      cwd: folder,
      reject: false,
      stdin: 'ignore',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Leave --ui out.');
  });
});
