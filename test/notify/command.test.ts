import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type CommandOptions, runCommand } from '../../src/notify/command.ts';
import { ended, notifying, tellings } from './support.ts';

async function directory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-command-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a script of Node.js with this on its standard input. */
async function node(script: string, input = '', more: Partial<CommandOptions> = {}): Promise<string> {
  const options = {
    run: [process.execPath, '-e', script],
    directory: await directory(),
    environment: { PATH: process.env.PATH },
    timeout: 60_000,
    signal: new AbortController().signal,
    ...more,
  };
  return runCommand(options, input);
}

it('a command reads what it is told, and what it says is heard', async () => {
  expect(await node('process.stdin.pipe(process.stdout)', 'ä€ and\nmore')).toBe('ä€ and\nmore');
  expect(await node('console.error("of both streams")')).toBe('of both streams');
});

it('a command that does not read is no fault, nor one that says very much', async () => {
  expect(await node('process.stdin.destroy()', 'x'.repeat(1_000_000))).toBe('');
  const flood = 'for (let n = 0; n < 20000; n++) console.log("x".repeat(200))';
  expect((await node(flood)).length).toBe(4000);
});

it('a command that fails, or cannot be started, is told with what it said', async () => {
  await expect(node('console.log("no such room"); process.exit(3)')).rejects.toMatchObject({
    code: 'notify/command',
    message: expect.stringMatching(/ended with exit code 3; it said: no such room$/),
  });
  await expect(node('', '', { run: ['./not-there'] })).rejects.toThrow(
    './not-there could not be started: ENOENT',
  );
});

it('a command that hangs is ended in time, with all it started', async () => {
  const folder = await directory();
  const child = `require('fs').writeFileSync('child.pid', String(process.pid)); setInterval(() => {}, 1000)`;
  const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
  const stop = new AbortController();
  const running = node(script, '', { directory: folder, signal: stop.signal });
  const failing = expect(running).rejects.toThrow('aborted');
  await expect.poll(() => existsSync(join(folder, 'child.pid')), { timeout: 50_000 }).toBe(true);
  await expect.poll(() => readFile(join(folder, 'child.pid'), 'utf8'), { timeout: 50_000 }).toMatch(/\d+/);
  const pid = Number(await readFile(join(folder, 'child.pid'), 'utf8'));
  stop.abort();
  await failing;
  // What nobody waits for stays as a zombie, which does nothing any more.
  const state = () =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      (text) => text.split(') ')[1]?.[0],
      () => 'gone',
    );
  await expect.poll(state, { timeout: 50_000 }).toMatch(/Z|gone/);
  await expect(node('setInterval(() => {}, 1000)', '', { timeout: 50 })).rejects.toThrow(
    'did not end within 0.05 s',
  );
});

it('a command of a notification knows the changes, and no secret of the config', async () => {
  const folder = await directory();
  const script = `
    const told = require('fs').readFileSync(0, 'utf8');
    require('fs').writeFileSync(process.argv[1], JSON.stringify({ told: JSON.parse(told), env: process.env }));
    console.log('wrote it with tok-12345')`;
  const file = join(folder, 'heard.json');
  const run = JSON.stringify([process.execPath, '-e', script, file]);
  const config = await notifying(
    `{ ops: { type: command, run: ${run}, timeout: 1m }, hook: { type: slack, url: "\${SLACK}", on: [partial] } }`,
    { SLACK: 'https://hooks.example.com/tok-12345' },
  );
  config.secrets.add(['tok-12345']);
  const environment = { PATH: process.env.PATH, MINE: 'a=tok-12345', SYNCLINE_KEY: 'k', OTHER: 'fine' };
  const { tell, told } = await tellings(config, { environment });
  await tell({ one: ended('failed'), two: ended('failed') });
  const heard = JSON.parse(await readFile(file, 'utf8'));
  expect(heard.told).toMatchObject({
    type: 'pipelines.changed',
    data: { pipelines: [{ name: 'one' }, { name: 'two' }] },
  });
  expect(heard.env).toMatchObject({
    OTHER: 'fine',
    SYNCLINE_NOTIFICATION: 'ops',
    SYNCLINE_RUN_ID: heard.told.data.run.id,
    SYNCLINE_PIPELINES: 'one two',
    SYNCLINE_CHANGES: 'failed failed',
  });
  expect(Object.keys(heard.env)).not.toContain('MINE');
  expect(Object.keys(heard.env)).not.toContain('SYNCLINE_KEY');
  expect(told).toEqual(['info notification "ops" said: wrote it with •••']);
});
