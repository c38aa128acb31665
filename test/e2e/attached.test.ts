import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openProxy } from '../daemon/proxy.ts';
import { folderWith } from './cli.ts';
import { startDaemon } from './daemon-process.ts';
import { gate } from './gate.ts';
import { onTerminal } from './pty.ts';

const config = `version: 1
daemon: { listen: "127.0.0.1:0" }
sources:
  gate: { type: ./gate.ts, streams: { one: go-one, two: go-two } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
defaults: { pipeline: { primary_key: id } }
pipelines:
  one: { from: gate.one, to: db.one, schedule: "@yearly" }
  two: { from: gate.two, to: db.two }
`;

describe('a person at syncline top', () => {
  it('pauses, resumes and runs a pipeline, sees the daemon go and come back, and quits', async () => {
    const folder = await folderWith({ 'sync.config.yaml': config, 'gate.ts': gate });
    const first = await startDaemon(folder);
    const port = (url: string) => Number(new URL(url).port);
    const proxy = await openProxy(port(first.url));
    const args = ['top', '--url', proxy.url, '--token-file', join(folder, '.syncline/daemon.token')];
    const terminal = onTerminal(folder, args);
    await terminal.shows(/▸.*one +. never ran/);
    terminal.press('p');
    await terminal.shows(/one +. paused/);
    terminal.press('p');
    await terminal.shows(/one +. never ran/);
    terminal.press('r');
    await terminal.shows(/one .* 1,0\d\d/);
    first.child.kill('SIGKILL');
    await first.ended;
    terminal.press('\u001b');
    await terminal.shows('reconnecting since');
    const second = await startDaemon(folder);
    proxy.to(port(second.url));
    await terminal.shows(/^(?![\s\S]*reconnecting)[\s\S]*interrupted/);
    await writeFile(join(folder, 'go-one'), '');
    terminal.press('r');
    await terminal.shows(/succeeded/);
    terminal.press('q');
    const left = await terminal.end();
    expect(left).toMatchObject({ code: 0, isMain: true, hasCursor: true });
    expect(left.raw.split('\u001b[3J').length - 1).toBe(0);
  });
});
