import { EventEmitter, once } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import xterm from '@xterm/headless';
import { beforeAll, expect, it, vi } from 'vitest';
import { SyncError } from '../../src/model/errors.ts';
import { type BrowseOptions, browse } from '../../src/tui/browse.ts';
import { lookOf } from '../../src/tui/look.ts';
import type { Looked, World } from '../../src/tui/world.ts';

beforeAll(async () => {
  // Ink draws nothing where it finds this.
  vi.stubEnv('CI', 'false');
  vi.stubEnv('CONTINUOUS_INTEGRATION', 'false');
  // Here it is compiled for development, which it must be loaded for as well.
  await import('../../src/tui/screen.tsx');
  return () => vi.unstubAllEnvs();
});

const columns = 100;
const rows = 24;

/** A terminal in memory, with a person who reads and presses keys. */
function terminal() {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const drawn = new EventEmitter();
  const text = () =>
    Array.from({ length: rows }, (_, y) => screen.buffer.active.getLine(y)?.translateToString(true)).join(
      '\n',
    );
  const output = Object.assign(new EventEmitter(), {
    columns,
    rows,
    isTTY: true,
    write(raw: string) {
      screen.write(raw, () => drawn.emit('drawn'));
      return true;
    },
  });
  const input = Object.assign(new EventEmitter(), { setRawMode() {}, resume() {}, pause() {} });
  return {
    // Of the streams, what is here is used.
    output: output as unknown as WriteStream,
    input: input as unknown as ReadStream,
    press: (keys: string) => input.emit('data', Buffer.from(keys)),
    async shows(what: RegExp) {
      while (!what.test(text())) await once(drawn, 'drawn');
    },
  };
}

const looked: Looked = {
  scheduler: 'none',
  totals: { idle: 0, running: 0, failed: 0, never_run: 2, paused: 0 },
  pipelines: ['people', 'orders'].map((pipeline) => ({ pipeline, status: 'never_run' })),
  recent: [],
};

function browsed(world: Partial<World>, more: Partial<BrowseOptions> = {}) {
  const screen = terminal();
  const printed: string[] = [];
  const bugs: unknown[] = [];
  const stopped = new AbortController();
  const whole = { name: 'here', cannot: () => undefined, look: async () => looked, ...world } as World;
  const code = browse(whole, {
    look: lookOf('never', { environment: { LANG: 'C.UTF-8' }, terminal: true, platform: 'linux' }),
    input: screen.input,
    output: screen.output,
    lines: (event) => printed.push(event.type),
    print: (text) => printed.push(text),
    redact: (text) => text.replaceAll('s3cret', '***'),
    stop: () => stopped.abort(),
    reportBug: async (error) => {
      bugs.push(error);
      return '/crash';
    },
    signal: stopped.signal,
    lastly: () => undefined,
    ...more,
  });
  return { ...screen, code, printed, bugs };
}

it('shows what cannot be loaded with its hint, without secrets, and loads it again', async () => {
  let fails = false;
  const { shows, press, code, bugs } = browsed({
    look: async () => {
      if (fails) throw new SyncError('daemon/stopping', 'no s3cret answer', { hint: 'Start it again.' });
      return looked;
    },
  });
  await shows(/people +· never ran/);
  fails = true;
  await shows(/no \*\*\* answer {2}\[daemon\/stopping\]\n Start it again\.\n[\s\S]*people +· never ran/);
  fails = false;
  await shows(/^(?![\s\S]*answer)[\s\S]*people/);
  press('q');
  expect(await code).toBe(0);
  expect(bugs).toEqual([]);
});

it('is told of a bug once, and does not try that again', async () => {
  const look = vi.fn(async () => {
    throw new TypeError('it is undefined');
  });
  const { shows, press, code, bugs } = browsed({ look });
  await shows(/TypeError: it is undefined {2}\[internal\/bug\]\n Crash report: \/crash/);
  press('j');
  press('q');
  expect(await code).toBe(0);
  expect({ bugs: bugs.length, looks: look.mock.calls.length }).toEqual({ bugs: 1, looks: 1 });
});

it('lets go of what it loads when that is left', async () => {
  const signals: AbortSignal[] = [];
  const { shows, press, code } = browsed({
    runs: async (_, signal) => {
      signals.push(signal);
      return [];
    },
  });
  await shows(/people/);
  press('h');
  await shows(/Runs of people[\s\S]*No runs are remembered/);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  press('\u001b');
  await shows(/2 pipelines/);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  press('q');
  expect(await code).toBe(0);
});

it('hears keys while something is done, and leaves in the midst of it', async () => {
  const { shows, press, code } = browsed({ start: () => new Promise(() => {}) });
  await shows(/people/);
  press('r');
  await shows(/run: under way/);
  press('r');
  await shows(/wait until this is done: run/);
  press('j');
  await shows(/▸○ orders/);
  press('q');
  expect(await code).toBe(0);
});

it('shows why something could not be done', async () => {
  const { shows, press, code } = browsed({
    start: async () => {
      throw new SyncError('lease/held', 'another run has people', { hint: 'Wait for it.' });
    },
  });
  await shows(/people/);
  press('r');
  await shows(/another run has people {2}\[lease\/held\]\n Wait for it\./);
  press('q');
  expect(await code).toBe(0);
});

it('ends when the process is told to stop, and says what came of runs that were begun', async () => {
  const at = '2026-01-02T03:04:05Z';
  const result = {
    runId: '01J',
    status: 'succeeded',
    exitCode: 0,
    startedAt: at,
    finishedAt: at,
    pipelines: {},
  } as const;
  const { shows, press, code, printed } = browsed({
    start: async () => '01J',
    follow: async (run, emit) => {
      emit({ type: 'run_started', at, run, pipelines: ['people'] });
      emit({ type: 'run_finished', at, result });
    },
  });
  await shows(/people/);
  press('r');
  await shows(/● succeeded/);
  press('\u0003');
  expect(await code).toBe(0);
  expect(printed).toEqual(['run_finished']);
});
