import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { cli, folderWith, syncline } from './cli.ts';

const config = `version: 1
sources: { files: { type: file, streams: { good: good.jsonl, secret: "\${file:token}.jsonl" } } }
sinks: { db: { type: libsql, url: "file:sync.db" }, terminal: { type: stdout } }
pipelines:
  good: { from: files.good, to: db.good, primary_key: id, checks: { id: { maximum: 2 } }, rejects: { max: 50% } }
  printed: { from: files.good, to: terminal.rows, enabled: false }
  secret: { from: files.secret, to: db.secret, primary_key: id, enabled: false }
`;

const rows = Array.from({ length: 3 }, (_, id) => `{"id":${id + 1}}\n`).join('');
const folder = () =>
  folderWith({ 'sync.config.yaml': config, 'good.jsonl': rows, 's3cr3t.jsonl': rows, token: 's3cr3t' });

/** What a shell makes of a command line; `$0` is node, `$1` the built command line. */
async function shell(script: string, variables: { readonly [name: string]: string } = {}) {
  const { stdout, stderr } = await execa('bash', ['-c', script, process.execPath, cli], {
    cwd: await folder(),
    env: { LANG: 'C.UTF-8', ...variables },
    reject: false,
    stdin: 'ignore',
  });
  return { stdout, stderr };
}

/** Neither escapes nor stacks. */
function expectClean(text: string): void {
  expect(text).not.toContain('\u001b');
  expect(text).not.toMatch(/^ +at /m);
}

describe('off a terminal', () => {
  it.each<{ [name: string]: string }>([{}, { CI: 'true' }, { TERM: 'dumb' }])(
    'a run with %j is told in dated lines',
    async (variables) => {
      const { code, stdout, stderr } = await syncline(await folder(), ['run'], variables);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expectClean(stderr);
      expect(stderr).toMatch(/^20\d\d-\S+Z good: files\.good → db\.good$/m);
    },
  );

  it('and redirected, it is the same', async () => {
    const { stdout } = await shell('"$0" "$1" run > out.txt 2>&1; echo $?; cat out.txt');
    expectClean(stdout);
    expect(stdout).toMatch(/^3\n20\d\d-/);
  });

  it.each([
    ['a closed standard output', '"$0" "$1" run >&- 2>err.txt; echo code $?; cat err.txt', 3],
    [
      'a reader of one line',
      '"$0" "$1" run printed 2>err.txt | head -1; echo code ${PIPESTATUS[0]}; cat err.txt',
      0,
    ],
  ])('with %s it ends with the code of the run', async (_, script, code) => {
    const { stdout, stderr } = await shell(script);
    expectClean(stdout + stderr);
    expect(stdout).toContain(`code ${code}`);
  });

  it('without a command there is help, and for a screen a reason why there is none', async () => {
    const here = await folder();
    expect(await syncline(here, [])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Usage: syncline'),
    });
    const refused = await syncline(here, ['run', '--ui', 'tui']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('[usage/no_screen]') });
    expect(refused.stderr).toContain('the standard input is not a terminal');
  });

  it('an unknown command is still known for one', async () => {
    const { code, stderr } = await syncline(await folder(), ['rnu']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("unknown command 'rnu'") });
  });

  it('events say how far a read is and what is read, without secrets', async () => {
    const { stderr } = await syncline(await folder(), ['run', 'secret', '--ui', 'json']);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; detail?: string; progress?: object });
    const progress = events.find(({ type }) => type === 'progress');
    expect(progress?.progress).toEqual({ done: rows.length, total: rows.length });
    expect(progress?.detail).toMatch(/\.jsonl$/);
    expect(stderr).not.toContain('s3cr3t');
  });
});
