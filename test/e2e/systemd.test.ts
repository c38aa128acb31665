import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { cli, folderWith, syncline } from './cli.ts';
import { spawnDaemon, startDaemon } from './daemon-process.ts';

const config = `version: 1
daemon: { listen: "127.0.0.1:0", grace: 7s }
sources:
  in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } }
  deaf: { type: ./deaf.ts, streams: { rows: any } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  timed: { from: in.rows, to: db.timed, schedule: "0 5 1 1 *" }
  blocking: { from: deaf.rows, to: db.blocking, mode: append }
`;

/** A source that keeps the process busy until a file is there, and tells what it has of systemd. */
const deaf = `import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'deaf', summary: 'Blocks the event loop.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { what: { type: 'string', description: 'Anything.' } }, additionalProperties: false },
  shortForm: 'what',
  async open(_, { directory }) {
    return {
      async *read() {
        writeFileSync(join(directory, 'blocked'), String(process.env.NOTIFY_SOCKET));
        while (!existsSync(join(directory, 'go'))) {}
        yield { records: [{ id: 1 }], bytes: 9 };
      },
      async close() {},
    };
  },
});
`;

/** The program of systemd, as far as the daemon needs it: what it is told stands in a file. */
const fake = `#!${process.execPath}
require('node:fs').appendFileSync(process.env.NOTIFY_SOCKET, JSON.stringify(process.argv.slice(2)) + '\\n');
`;

/** A folder for a daemon, and the environment in which systemd starts one. */
async function service(files: { readonly [name: string]: string } = {}) {
  const folder = await folderWith({
    'sync.config.yaml': config,
    'deaf.ts': deaf,
    'rows.jsonl': '{"id":1}\n',
    ...files,
  });
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'systemd-notify'), fake);
  await chmod(join(folder, 'bin', 'systemd-notify'), 0o755);
  const log = join(folder, 'told.txt');
  const environment = { NOTIFY_SOCKET: log, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const told = async () =>
    (await readFile(log, 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as string[]);
  /** Resolves with what was told once it fits. */
  async function until(fits: (told: string[][]) => boolean): Promise<string[][]> {
    for (;;) {
      const all = await told();
      if (fits(all)) return all;
      await setTimeout(10);
    }
  }
  return { folder, environment, told, until };
}

const heads = (told: readonly string[][]) => told.map(([word = '']) => word);
const beats = (told: readonly string[][]) => heads(told).filter((word) => word === 'WATCHDOG=1').length;

describe('a daemon that systemd started', () => {
  it('tells when it is ready, reads its config anew, and stops', async () => {
    const { folder, environment, told, until } = await service();
    const daemon = await startDaemon(folder, environment);
    await until((all) => all.length === 1);
    daemon.child.kill('SIGHUP');
    await until((all) => all.length === 3);
    const wrong = config.replace('0 5 1 1 *', '61 5 1 1 *');
    await writeFile(join(folder, 'sync.config.yaml'), wrong);
    await daemon.said('the old one stays');
    await until((all) => all.length === 5);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
    expect(daemon.other).toEqual([]);
    const status = 'STATUS=active: 1 pipeline with a schedule';
    const reload = [
      ['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=[1-9][0-9]+$/)],
      ['READY=1', status],
    ];
    expect(await told()).toEqual([
      ['READY=1', status],
      ...reload,
      ...reload,
      ['STOPPING=1', 'STATUS=stopping: batches under way are committed'],
    ]);
  });

  it('says that it stands by, and when it has taken over', async () => {
    const { folder, environment, until } = await service();
    const first = await startDaemon(folder);
    const second = spawnDaemon(folder, environment);
    const [ready = []] = await until((all) => all.length === 1);
    expect(ready).toEqual([
      'READY=1',
      expect.stringContaining(`STATUS=standby: process ${first.child.pid} on`),
    ]);
    first.child.kill('SIGTERM');
    await second.said('with a schedule');
    const all = await until((all) => all.length === 2);
    expect(all[1]?.[1]).toBe('STATUS=active: 1 pipeline with a schedule');
  });

  it('is silent to its watchdog while its event loop is blocked', async () => {
    const { folder, environment, told, until } = await service();
    const daemon = await startDaemon(folder, { ...environment, WATCHDOG_USEC: '100000' });
    await until((all) => beats(all) >= 3);
    await daemon.run('blocking');
    const blocked = join(folder, 'blocked');
    for (let socket = ''; socket !== 'undefined'; socket = await readFile(blocked, 'utf8').catch(() => ''))
      await setTimeout(10);
    const before = beats(await told());
    await setTimeout(1_000);
    // One may have been under way.
    const silent = beats(await told());
    expect(silent).toBeLessThanOrEqual(before + 1);
    await writeFile(join(folder, 'go'), '');
    await daemon.event((event: RunEvent) => event.type === 'run_finished');
    await until((all) => beats(all) > silent);
  });

  it('leaves the watchdog of another process alone', async () => {
    const { folder, environment, told, until } = await service();
    const daemon = await startDaemon(folder, { ...environment, WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' });
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    await until((all) => heads(all).includes('STOPPING=1'));
    expect(beats(await told())).toBe(0);
  });

  it('says once that it cannot tell, and works all the same', async () => {
    const { folder, environment } = await service();
    const daemon = await startDaemon(folder, { ...environment, PATH: folder, WATCHDOG_USEC: '20000' });
    await daemon.said('systemd cannot be told how this daemon is: there is no program systemd-notify');
    daemon.child.kill('SIGTERM');
    expect((await daemon.ended).exitCode).toBe(143);
    const warnings = daemon.events.filter(
      (event) => event.type === 'notice' && event.message.includes('systemd'),
    );
    expect(warnings).toHaveLength(1);
  });
});

function has(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).status !== 0);
  if (missing.length > 0) console.log(`skipped: there is no ${missing.join(' and no ')} here`);
  return missing.length === 0;
}

describe.runIf(has('systemd-notify', 'python3'))('the program systemd-notify itself', () => {
  it('brings to a socket what the daemon tells', async () => {
    const { folder } = await service();
    const socket = join(folder, 'notify.sock');
    const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;
    const child = execa('python3', ['-c', receiver, socket], { reject: false });
    onTestFinished(() => void child.kill('SIGKILL'));
    let heard = '';
    const until = async (text: string) => {
      while (!heard.includes(text)) await new Promise((resolve) => child.stdout.once('data', resolve));
    };
    child.stdout.on('data', (chunk: Buffer) => {
      heard += chunk;
    });
    await until('bound');
    const daemon = await startDaemon(folder, { NOTIFY_SOCKET: socket });
    await until('READY=1 STATUS=active: 1 pipeline with a schedule');
    daemon.child.kill('SIGTERM');
    await until('STOPPING=1 STATUS=stopping');
    expect((await daemon.ended).exitCode).toBe(143);
  });
});

describe('the unit that is printed', () => {
  const print = async (folder: string, ...flags: string[]) => {
    const { code, stdout } = await syncline(folder, ['daemon', '--print-unit', ...flags]);
    expect(code).toBe(0);
    return stdout;
  };

  it('names everything by its whole path, and lets it stop in its grace', async () => {
    const { folder } = await service();
    const lines = (await print(folder)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        `ExecStart=${process.execPath} ${cli} daemon --ui plain --config ${folder}/sync.config.yaml`,
        `WorkingDirectory=${folder}`,
        'Type=notify',
        'NotifyAccess=all',
        'TimeoutStopSec=12',
        'Restart=on-failure',
        'RestartPreventExitStatus=2',
        'KillSignal=SIGTERM',
        'WantedBy=multi-user.target',
      ]),
    );
    expect(lines.find((line) => line.startsWith('ReadWritePaths='))?.split(/[= ]/)).toContain(folder);
    const own = await print(folder, '--user');
    expect(own).toContain('WantedBy=default.target');
    expect(own).not.toContain('ReadWritePaths');
    expect((await syncline(folder, ['daemon', '--user'])).code).toBe(2);
  });

  it.runIf(has('systemd-analyze'))('is one that systemd accepts, whatever the folder is called', async () => {
    const { folder } = await service();
    const odd = join(folder, 'a "b" 100% $HOME');
    await mkdir(odd);
    await writeFile(join(odd, 'sync.config.yaml'), config);
    await writeFile(join(odd, 'deaf.ts'), deaf);
    await writeFile(join(folder, 'syncline.service'), await print(odd));
    const { exitCode, stderr } = await execa(
      'systemd-analyze',
      ['verify', join(folder, 'syncline.service')],
      {
        reject: false,
      },
    );
    expect({
      exitCode,
      about: stderr.split('\n').filter((line) => line.includes('syncline.service')),
    }).toEqual({
      exitCode: 0,
      about: [],
    });
  });
});
