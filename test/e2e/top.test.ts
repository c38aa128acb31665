import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { remoteWorld } from '../../src/commands/remote-world.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { SyncError } from '../../src/model/errors.ts';
import type { Looked } from '../../src/tui/world.ts';
import { openProxy } from '../daemon/proxy.ts';
import { folderWith, syncline } from './cli.ts';
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
const files = { 'sync.config.yaml': config, 'gate.ts': gate };
const { signal } = new AbortController();

const portOf = (url: string) => Number(new URL(url).port);

/** A daemon, and the world as it is seen through a connection that can be cut. */
async function attached() {
  const folder = await folderWith(files);
  const daemon = await startDaemon(folder);
  const proxy = await openProxy(portOf(daemon.url));
  const world = remoteWorld({ url: proxy.url, token: daemon.token });
  onTestFinished(() => world.close());
  const standing = async (name: string) =>
    (await world.look(signal)).pipelines.find(({ pipeline }) => pipeline === name);
  return { folder, daemon, proxy, world, standing };
}

/** Hears the events of a run. */
function hearing(follow: (emit: (event: RunEvent) => void) => Promise<void>) {
  const events: RunEvent[] = [];
  let hear = () => {};
  const ended = follow((event) => {
    events.push(event);
    hear();
  });
  async function heard(type: RunEvent['type'], times = 1): Promise<void> {
    while (events.filter((event) => event.type === type).length < times)
      await new Promise<void>((resolve) => {
        hear = resolve;
      });
  }
  return { events, ended, heard };
}

/** What tells an event from the others of its run. */
const same = ({ type, at, ...event }: RunEvent) =>
  JSON.stringify([type, at, 'pipeline' in event && event.pipeline, 'counts' in event && event.counts]);

/** Each event is one that the daemon told, in its order, and once; only of progress some may be missing. */
function expectTold(heard: readonly RunEvent[], told: readonly RunEvent[]): void {
  let last = -1;
  for (const event of heard) {
    last = told.findIndex((one, place) => place > last && same(one) === same(event));
    expect({ event, last }).not.toMatchObject({ last: -1 });
  }
  const lasting = (events: readonly RunEvent[]) => events.filter(({ type }) => type !== 'progress').length;
  expect(lasting(heard)).toBe(lasting(told));
}

/** What the daemon told from its first run on. */
const toldByRuns = (events: readonly RunEvent[]) =>
  events.slice(events.findIndex(({ type }) => type === 'run_started'));

describe('the world of a daemon', () => {
  it('is looked at, paused, resumed, started, followed and cancelled', async () => {
    const { world, standing, proxy, daemon } = await attached();
    expect(await world.look(signal)).toMatchObject({
      scheduler: 'active',
      totals: { never_run: 2 },
      recent: [],
    } satisfies { [key in keyof Looked]?: unknown });
    expect((await standing('one'))?.nextRun).toBeDefined();
    await world.pause('one');
    expect(await standing('one')).toMatchObject({ status: 'paused' });
    await world.resume('one');
    expect(await standing('one')).toMatchObject({ status: 'never_run' });

    // The first answer is lost: it is asked again, and there is one run.
    const lost = proxy.loseAnswer();
    const run = await world.start(['one']);
    await lost;
    expect(await world.runs({ limit: 10 }, signal)).toMatchObject([{ runId: run, status: 'running' }]);

    const { events, ended, heard } = hearing((emit) => world.follow(run, emit, signal));
    await heard('progress', 2);
    proxy.cut();
    await heard('progress', 4);
    expect(await standing('one')).toMatchObject({ status: 'running', running: { runId: run } });
    await world.cancel(run);
    await ended;
    expect(events[0]).toMatchObject({ type: 'run_started', run, pipelines: ['one'] });
    expect(events.at(-1)).toMatchObject({ type: 'run_finished', result: { status: 'cancelled' } });
    await daemon.event((event) => event.type === 'run_finished');
    expectTold(events, toldByRuns(daemon.events));
    expect((await world.look(signal)).recent).toMatchObject([{ runId: run, status: 'cancelled' }]);

    expect(await world.undo(run, { force: false })).toMatch(/1,\d+ rows removed again/);
    expect((await world.look(signal)).recent).toContainEqual(
      expect.objectContaining({ runId: run, undone: true }),
    );
  });

  it('comes back by itself when the daemon was killed and is started again', async () => {
    const { world, folder, daemon, proxy } = await attached();
    const run = await world.start(['one', 'two']);
    const { events, ended, heard } = hearing((emit) => world.follow(run, emit, signal));
    await heard('progress', 2);
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    await expect(world.look(signal)).rejects.toThrow(/^reconnecting since \d\d:\d\d:\d\d UTC: no daemon/);
    const isAway = (event: RunEvent) =>
      event.type === 'notice' && /^reconnecting: no daemon/.test(event.message);
    for (let notices = 1; !events.some(isAway); notices++) await heard('notice', notices);
    const second = await startDaemon(folder);
    proxy.to(portOf(second.url));
    await ended;
    expect(events).toContainEqual(expect.objectContaining({ message: 'the daemon is back' }));
    expect(events.at(-1)).toMatchObject({
      type: 'run_finished',
      result: { runId: run, status: 'interrupted' },
    });
    const lasting = events.filter(({ type }) => type !== 'progress').map(same);
    expect(lasting).toEqual([...new Set(lasting)]);
    expect(events.filter(({ type }) => type === 'run_started')).toHaveLength(1);
    expect((await world.look(signal)).recent).toMatchObject([{ runId: run, status: 'interrupted' }]);
    await writeFile(join(folder, 'go-one'), '');
    const again = await world.start(['one']);
    await world.follow(again, () => {}, signal);
    expect(await world.runs({ limit: 1, pipeline: 'one' }, signal)).toMatchObject([{ status: 'succeeded' }]);
  });

  it('says what to type where the config is for what the API does not tell', async () => {
    const world = remoteWorld({ url: 'http://127.0.0.1:1', token: 'a-token-that-nobody-guesses' });
    expect(world.cannot('schedule')).toBeUndefined();
    expect(world.cannot('changes')).toContain('syncline diff RUN');
    const error = await world.rejects({}, 10).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SyncError);
    expect(error).toMatchObject({
      code: 'usage/elsewhere',
      hint: expect.stringContaining('syncline rejects list'),
    });
  });
});

describe('syncline top', () => {
  it('prints how the pipelines stand where there is no screen, as a table or JSON', async () => {
    const folder = await folderWith(files);
    const { url, token } = await startDaemon(folder);
    const elsewhere = await folderWith({ token: `${token}\n` });
    const table = await syncline(elsewhere, ['top', '--url', url], { SYNCLINE_TOKEN: token });
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(/^PIPELINE +STATUS[\s\S]*\none +never_run/);
    const json = await syncline(elsewhere, ['top', '--token-file', 'token', '--json'], { SYNCLINE_URL: url });
    expect(JSON.parse(json.stdout)).toMatchObject([{ pipeline: 'one' }, { pipeline: 'two' }]);
  });

  it('looks at the daemon of the config here without an address', async () => {
    const folder = await folderWith(files);
    const { url } = await startDaemon(folder);
    const here = config.replace('127.0.0.1:0', `127.0.0.1:${portOf(url)}`);
    await writeFile(join(folder, 'other.yaml'), here);
    const { code, stdout } = await syncline(folder, ['top', '-c', 'other.yaml', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
  });

  it('says what is wrong, and never the token', async () => {
    const folder = await folderWith(files);
    const { url, token } = await startDaemon(folder);
    const wrong = `${token}x`;
    const ask = (args: readonly string[], variables = {}) => syncline(folder, ['top', ...args], variables);
    for (const [args, variables, code, says] of [
      [['--url', url], { SYNCLINE_TOKEN: wrong }, 1, 'api/token'],
      [['--url', url], {}, 1, 'SYNCLINE_TOKEN is not set, or empty'],
      [['--url', url, '--token-file', 'none'], {}, 1, 'daemon/token'],
      [['--url', 'http://127.0.0.1:1'], { SYNCLINE_TOKEN: token }, 1, 'daemon/unreachable'],
      [['--url', 'http://sync.example.com:7433'], { SYNCLINE_TOKEN: token }, 2, 'usage/insecure_url'],
      [[], {}, 2, 'takes any free port'],
    ] as const) {
      const ended = await ask(args, variables);
      expect({ args, code: ended.code, stdout: ended.stdout }).toEqual({ args, code, stdout: '' });
      expect(ended.stderr).toContain(says);
      expect(ended.stderr).not.toContain(token);
    }
    const never = await folderWith({
      ...files,
      'sync.config.yaml': config.replace('127.0.0.1:0', '127.0.0.1:7999'),
    });
    expect((await syncline(never, ['top'])).stderr).toContain('no daemon was ever started for this config');
  });

  it('stays on the screen while the daemon is away, and shows it again when it is back', async () => {
    const folder = await folderWith(files);
    const first = await startDaemon(folder);
    const proxy = await openProxy(portOf(first.url));
    const file = join(folder, '.syncline/daemon.token');
    expect((await readFile(file, 'utf8')).trim()).toBe(first.token);
    const terminal = onTerminal(folder, ['top', '--url', proxy.url, '--token-file', file]);
    await terminal.shows(/one[\s\S]*two/);
    first.child.kill('SIGKILL');
    await first.ended;
    await terminal.shows('reconnecting since');
    expect(terminal.screen()).toMatch(/one[\s\S]*two/);
    const second = await startDaemon(folder);
    proxy.to(portOf(second.url));
    await terminal.shows(/^(?![\s\S]*reconnecting)[\s\S]*one[\s\S]*two/);
    terminal.press('q');
    const left = await terminal.end();
    expect(left).toMatchObject({ code: 0, isMain: true, hasCursor: true });
    expect(left.raw).not.toContain(first.token);
  });
});
