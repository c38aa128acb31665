import { describe, expect, it } from 'vitest';
import { noCounts } from '../../src/model/result.ts';
import type { Row } from '../../src/tui/page.ts';
import { dashboardPage, dashboardSheet } from '../../src/tui/pages/dashboard.ts';
import { historyPage } from '../../src/tui/pages/history.ts';
import type { Ability, Looked, Stands, World } from '../../src/tui/world.ts';

const now = Date.parse('2026-01-02T03:04:05.000Z');
const ended = (runId: string) => ({
  runId,
  status: 'succeeded' as const,
  startedAt: '2026-01-02T03:00:00Z',
  finishedAt: '2026-01-02T03:00:10Z',
});
const idle: Stands = {
  pipeline: 'people',
  status: 'idle',
  lastRun: ended('01JA'),
  lastSuccess: ended('01JA'),
};
const running: Stands = {
  ...idle,
  status: 'running',
  running: { runId: '01JB', since: '2026-01-02T03:04:00Z' },
  counts: { ...noCounts, read: 100 },
};
const looked = (...pipelines: Stands[]): Looked => ({
  scheduler: 'none',
  totals: { idle: 0, running: 0, failed: 0, never_run: 0, paused: 0 },
  pipelines,
  recent: [],
});

/** A world that writes down what is asked of it. */
function asked(more: Partial<World> = {}, hindrances: { readonly [ability in Ability]?: string } = {}) {
  const done: string[] = [];
  const doing =
    (what: string, result = '') =>
    async (...args: readonly unknown[]) => {
      done.push([what, ...args.filter((arg) => typeof arg === 'string' || Array.isArray(arg))].join(' '));
      return result;
    };
  const world = {
    name: 'a config',
    cannot: (ability: Ability) => hindrances[ability],
    start: doing('start', '01JNEW'),
    pause: doing('pause'),
    resume: doing('resume'),
    cancel: doing('cancel'),
    undo: doing('undo', 'undone'),
    ...more,
  } as unknown as World;
  return { world, done };
}

const place = { page: 'dashboard' } as const;
const rowOf = (stands: Stands): Row<Stands> | undefined => dashboardSheet(looked(stands), now).rows[0];

function keyOf(
  key: string,
  stands: Stands | undefined,
  { world, picked = [] }: { readonly world: World; readonly picked?: readonly string[] },
) {
  const found = dashboardPage
    .keys(world, place, stands && rowOf(stands), picked)
    .find((one) => one.key === key);
  if (found === undefined) throw new Error(`there is no key ${key}`);
  return found;
}

async function does(key: string, stands: Stands, more: { readonly picked?: readonly string[] } = {}) {
  const { world, done } = asked();
  const { act } = keyOf(key, stands, { world, ...more });
  const result = act?.type === 'do' ? await act.work(world, new AbortController().signal) : act?.to;
  return { done, result };
}

describe('keys of the dashboard', () => {
  it('run what is picked, or else what is marked, and lead to the run', async () => {
    const to = { page: 'run', run: '01JNEW' };
    expect(await does('r', idle)).toEqual({ done: ['start people'], result: { to } });
    expect(await does('r', idle, { picked: ['a', 'b'] })).toEqual({ done: ['start a,b'], result: { to } });
    expect(await does('P', idle, { picked: ['a', 'b'] })).toMatchObject({
      result: { page: 'plan', pipelines: ['a', 'b'] },
    });
  });

  it('pause a schedule, and let it go on', async () => {
    expect((await does('p', idle)).done).toEqual(['pause people']);
    expect(await does('p', { ...idle, status: 'paused' })).toMatchObject({
      done: ['resume people'],
      result: { said: 'people is resumed' },
    });
  });

  it('ask before they cancel or undo, and before nothing else', async () => {
    const { world } = asked();
    const asking = [...'rPwxphdelu'].filter((key) => {
      const { act } = keyOf(key, running, { world });
      return act?.type === 'do' && act.ask !== undefined;
    });
    expect(asking).toEqual(['x', 'u']);
    expect((await does('x', running)).done).toEqual(['cancel 01JB']);
    expect(await does('u', idle)).toEqual({ done: ['undo 01JA'], result: { said: 'undone' } });
  });

  it('lead to what is known of the pipeline and its last run', async () => {
    const leads = await Promise.all([...'hdelw'].map(async (key) => (await does(key, idle)).result));
    expect(leads).toEqual([
      { page: 'history', pipeline: 'people' },
      { page: 'changes', run: '01JA' },
      { page: 'rejects', pipeline: 'people' },
      { page: 'logs', pipeline: 'people' },
      { page: 'run', run: '01JA' },
    ]);
    expect((await does('w', running)).result).toEqual({ page: 'run', run: '01JB' });
  });

  it.each([
    ['x', idle, 'it does not run'],
    ['r', running, 'it runs already'],
    ['u', running, 'the run is under way'],
    ['u', { pipeline: 'new', status: 'never_run' }, 'it never ran'],
    ['d', { pipeline: 'new', status: 'never_run' }, 'it never ran'],
    ['w', { pipeline: 'new', status: 'never_run' }, 'it never ran'],
  ] as const)('%s says why it does nothing', (key, stands, why) => {
    expect(keyOf(key, stands, { world: asked().world }).disabled).toBe(why);
  });

  it('say what the world cannot do', () => {
    const { world } = asked(
      {},
      { schedule: 'nothing is scheduled', plan: 'no plan here', logs: 'no logs here' },
    );
    expect([...'pPl'].map((key) => keyOf(key, idle, { world }).disabled)).toEqual([
      'nothing is scheduled',
      'no plan here',
      'no logs here',
    ]);
    expect(keyOf('r', undefined, { world }).disabled).toBe('no pipeline is marked');
  });
});

describe('keys of the history', () => {
  it('do not undo a second time, nor what is under way', () => {
    const { world } = asked();
    const why = (more: object) => {
      const run = { runId: '01J', status: 'succeeded', startedAt: '', pipelines: {}, ...more } as const;
      const row = { id: '01J', cells: [], about: run };
      return historyPage.keys(world, { page: 'history' }, row, []).find(({ key }) => key === 'u')?.disabled;
    };
    expect([{}, { undone: true }, { status: 'running' }].map(why)).toEqual([
      undefined,
      'it was undone already',
      'the run is under way',
    ]);
  });
});

it('the dashboard is looked at until it is left', async () => {
  const left = new AbortController();
  const { world } = asked({ look: async () => looked(idle, running) });
  const sheets = dashboardPage.load(world, place, left.signal)[Symbol.asyncIterator]();
  const { value } = await sheets.next();
  expect(value.rows.map(({ cells }: Row) => cells[1])).toEqual([
    '✓ idle',
    expect.stringMatching(/^● running \d+d$/),
  ]);
  const next = sheets.next();
  left.abort();
  await expect(next).rejects.toThrow('abort');
});
