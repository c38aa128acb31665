import { describe, expect, it } from 'vitest';
import { SyncError } from '../../src/model/errors.ts';
import { fakeWorld } from './fake-world.ts';

const at = '2026-01-01T00:00:00.000Z';
const { signal } = new AbortController();

describe('a fake world', () => {
  it('tells what it knows, and remembers what was done in it', async () => {
    const world = fakeWorld({ pipelines: [{ pipeline: 'people', status: 'paused' }] });
    expect(await world.look(signal)).toMatchObject({ totals: { paused: 1, idle: 0 }, recent: [] });
    await world.start(['people', 'places']);
    await world.undo('R1', { force: true });
    expect(world.done).toEqual(['start people, places', 'undo R1 --force']);
  });

  it('fails and works again, and waits and goes on', async () => {
    const world = fakeWorld();
    world.fail('look', new SyncError('daemon/unreachable', 'nobody is there'));
    await expect(world.look(signal)).rejects.toThrow('nobody is there');
    world.fail('look', undefined);
    const release = world.hold('look');
    const looking = world.look(signal);
    await world.asked('look', 2);
    release();
    expect(await looking).toMatchObject({ scheduler: 'active' });
  });

  it('tells the events of a run to those that follow, whenever they come', async () => {
    const world = fakeWorld();
    world.tell('R1', { type: 'run_started', at, run: 'R1', pipelines: [] });
    const heard: string[] = [];
    const following = world.follow('R1', ({ type }) => heard.push(type), signal);
    await world.asked('follow', 1);
    const result = {
      runId: 'R1',
      status: 'succeeded',
      exitCode: 0,
      startedAt: at,
      finishedAt: at,
      pipelines: {},
    } as const;
    world.tell('R1', { type: 'run_finished', at, result });
    await following;
    expect(heard).toEqual(['run_started', 'run_finished']);
  });

  it('tells a log until nobody listens', async () => {
    const world = fakeWorld();
    const leaving = new AbortController();
    const messages: string[] = [];
    const line = (message: string) =>
      ({ time: at, level: 'info', run: 'R1', event: 'notice', message }) as const;
    world.log(line('one'));
    for await (const { message } of world.logs({}, leaving.signal)) {
      messages.push(message);
      if (message === 'one') world.log(line('two'));
      else leaving.abort();
    }
    expect(messages).toEqual(['one', 'two']);
  });
});
