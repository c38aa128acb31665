import { spawnSync } from 'node:child_process';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, folderWith, syncline } from './cli.ts';

const config = `version: 1
sources:
  in: { type: file, streams: { good: good.jsonl, bad: bad.jsonl, gone: "no|such*\`file\`.jsonl" } }
sinks:
  db: { type: libsql, url: "file:sync.db" }
notify:
  ops: { type: webhook, url: "http://127.0.0.1:1/", headers: { X-Key: "\${TOKEN}" }, on: [recovered], secret: "\${file:key.txt}" }
pipelines:
  good: { from: in.good, to: db.good, primary_key: id, map: { id: id } }
  bad: { from: in.bad, to: db.bad, primary_key: id, rejects: { max: 90% }, map: { id: { from: id, type: integer } } }
`;
const gone = '  gone: { from: in.gone, to: db.gone, primary_key: id, map: { id: id } }\n';
const key = `whsec_${'A'.repeat(32)}`;
const files = {
  'good.jsonl': '{"id":1}\n{"id":2}\n',
  'bad.jsonl': '{"id":1}\n{"id":"x"}\n',
  'key.txt': key,
};

/** A job of GitHub Actions in a folder with this config: what its runner sets, and what it would read. */
async function job(text = config) {
  const folder = await folderWith({ ...files, 'sync.config.yaml': text });
  const environment = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: join(folder, '..'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    TOKEN: 'first%line\nsecond:line',
  };
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return {
    folder,
    environment,
    call: (args: readonly string[], more = {}) => syncline(folder, args, { ...environment, ...more }),
    summary: () => read('summary.md'),
    /** The outputs, as the runner reads them. */
    async outputs() {
      const found = [...(await read('output')).matchAll(/^(\w+)<<(\S+)\n([\s\S]*?)\n\2\n/gm)];
      return Object.fromEntries(found.map(([, name, , value]) => [name, value]));
    },
  };
}

const commands = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('::'));

describe('under GitHub Actions a run', () => {
  it('masks secrets before it says anything, each line of them', async () => {
    const { call } = await job();
    const { stderr } = await call(['run', 'good', '--ui', 'plain']);
    const masks = ['first%25line%0Asecond:line', 'first%25line', 'second:line', key];
    expect(stderr.split('\n').slice(0, masks.length).sort()).toEqual(
      masks.map((mask) => `::add-mask::${mask}`).sort(),
    );
    expect(stderr.split('::add-mask::').at(-1)?.split('\n').slice(1).join('\n')).not.toMatch(
      /second:line|whsec_/,
    );
  });

  it('annotates what went wrong, and leaves data on the standard output', async () => {
    const { call } = await job(config + gone);
    const { stdout, stderr, code } = await call(['run', '--json']);
    expect(code).toBe(1);
    const { runId } = JSON.parse(stdout) as { runId: string };
    expect(commands(stderr).filter((line) => !line.startsWith('::add-mask'))).toEqual([
      `::warning title=bad%3A partial::1 rejected: syncline rejects show ${runId}`,
      expect.stringMatching(/^::error title=gone%3A failed::.*no\|such/),
    ]);
  });

  it('summarizes the job in a table in which nothing is markup, and gives outputs', async () => {
    const { call, summary, outputs } = await job(config + gone);
    const { stdout } = await call(['run', '--json']);
    const { runId } = JSON.parse(stdout) as { runId: string };
    const lines = (await summary()).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '### Syncline: mixed',
      '',
      '| pipeline | status | read | inserted | updated | deleted | rejected | time | note |',
      '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
      expect.stringMatching(/^\| good \| succeeded \| 2 \| 2 \| 0 \| 0 \| 0 \| [\d.]+ s \| {2}\|$/),
    ]);
    expect(lines[6]).toMatch(/^\| gone \| failed \|.*no&#124;such&#42;&#96;file&#96;/);
    expect(lines[6]?.split('|')).toHaveLength(11);
    expect(await outputs()).toEqual({
      run_id: runId,
      status: 'mixed',
      exit_code: '1',
      read: '4',
      inserted: '3',
      updated: '0',
      deleted: '0',
      rejected: '1',
    });
  });

  it('warns where it cannot write, and ends as it did', async () => {
    const { call, folder } = await job();
    await mkdir(join(folder, 'full'));
    const { code, stderr } = await call(['run', 'good'], {
      GITHUB_OUTPUT: '',
      GITHUB_STEP_SUMMARY: join(folder, 'full'),
    });
    expect(code).toBe(0);
    expect(commands(stderr).filter((line) => line.startsWith('::warning'))).toEqual([
      expect.stringContaining('GITHUB_STEP_SUMMARY could not be written: EISDIR'),
      '::warning::GITHUB_OUTPUT could not be written: the variable is not set',
    ]);
  });

  it('writes no masks where they would be kept', async () => {
    const { folder, environment } = await job();
    const file = join(folder, 'log.txt');
    const log = await open(file, 'w');
    const env = { ...process.env, ...environment };
    spawnSync(process.execPath, [cli, 'run', 'good'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', log.fd],
    });
    await log.close();
    expect(await readFile(file, 'utf8')).toContain('good');
    expect(await readFile(file, 'utf8')).not.toMatch(/add-mask|second:line/);
  });
});

describe('under GitHub Actions a config', () => {
  it('that is wrong is annotated at its place in the repository', async () => {
    const { call, folder } = await job(config.replace('good.jsonl', 'good.jsonl, x: { pathh: x }'));
    const folderName = folder.split('/').at(-1);
    const expected = expect.stringMatching(
      new RegExp(`^::error file=${folderName}/sync\\.config\\.yaml,line=3,col=\\d+,title=config/`),
    );
    expect(commands((await call(['validate'])).stdout)).toContainEqual(expected);
    expect(commands((await call(['run'])).stderr)).toContainEqual(expected);
  });

  it('is validated as it is asked to be', async () => {
    const { call, folder } = await job();
    await writeFile(join(folder, 'sync.config.yaml'), 'version: 2\n');
    expect(JSON.parse((await call(['validate', '--json'])).stdout)).toMatchObject({ ok: false });
    expect((await call(['validate', '--format', 'text'])).stderr).toContain('version');
  });
});
