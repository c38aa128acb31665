import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { Log, type LogStore } from '../../src/log/log.ts';
import type { LogLine } from '../../src/model/log-line.ts';
import { cases } from '../counts.ts';

const line = (message: string, event = 'notice'): LogLine => ({
  time: '2026-01-01T00:00:00.000Z',
  level: 'info',
  run: 'RUN',
  event,
  message,
});

async function opened(store: LogStore, level: 'info' | 'error' = 'info') {
  const dir = await mkdtemp(join(tmpdir(), 'syncline-log-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const told: string[] = [];
  const log = new Log({
    dir,
    level: 'error',
    keep: 1000,
    database: { level, store },
    tell: (message) => told.push(message),
  });
  return { log, told };
}

it('stores every line once and in order, whenever they come, and before it is closed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), fc.boolean(), async (pauses, forgets) => {
      const stored: string[] = [];
      const store = {
        async add(lines: readonly LogLine[]) {
          await Promise.resolve();
          stored.push(...lines.map(({ message }) => message));
        },
        forget: async () => undefined,
        close: async () => void stored.push('closed'),
      };
      const { log } = await opened(store);
      if (forgets) log.forget(new Date());
      for (const [number, pause] of pauses.entries()) {
        log.write(line(String(number)));
        if (pause) await Promise.resolve();
      }
      await log.close();
      expect(stored).toEqual([...pauses.map((_, number) => String(number)), 'closed']);
    }),
    { numRuns: cases },
  );
});

it('stores lines that came while others were stored in one go', async () => {
  const sizes: number[] = [];
  let release = () => {};
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  const store: LogStore = {
    async add(lines) {
      sizes.push(lines.length);
      await first;
    },
    forget: async () => undefined,
    close: async () => undefined,
  };
  const { log } = await opened(store);
  for (let number = 0; number < 700; number++) log.write(line(''));
  release();
  await log.close();
  expect(sizes).toEqual([1, 500, 199]);
});

it('always stores where runs and pipelines begin and end', async () => {
  const stored: string[] = [];
  const store: LogStore = {
    add: async (lines) => void stored.push(...lines.map(({ event }) => event)),
    forget: async () => undefined,
    close: async () => undefined,
  };
  const { log } = await opened(store, 'error');
  const events = [
    'run_started',
    'pipeline_started',
    'notice',
    'progress',
    'pipeline_finished',
    'run_finished',
  ];
  for (const event of events) log.write(line('', event));
  await log.close();
  expect(stored).toEqual(events.filter((event) => event !== 'notice' && event !== 'progress'));
});

it('tells once that the database fails, and goes on trying', async () => {
  let tried = 0;
  const fails = async () => {
    tried++;
    throw new Error(`failure ${tried}`);
  };
  const { log, told } = await opened({ add: fails, forget: fails, close: fails });
  log.forget(new Date());
  log.write(line('lost'));
  await log.close();
  expect({ tried, told }).toEqual({ tried: 3, told: ['not all is logged, the database failed: failure 1'] });
});
