import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { createRunner, loadConfig, type PipelineResult, type Runner, type RunOptions } from 'syncline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { slowCases } from '../counts.ts';
import { query, syncline } from '../e2e/cli.ts';
import { type Change, type Fault, type Feed, openFeed } from './feed.ts';

const hard = 'deletes: { mode: hard, max: 100% }';

interface Ran extends PipelineResult {
  readonly notices: readonly string[];
}

async function runnerOf({ folder }: Feed): Promise<Runner> {
  return createRunner(await loadConfig({ directory: folder, environment: {} }));
}

async function runWith(runner: Runner, options: Partial<RunOptions> = {}): Promise<Ran> {
  const notices: string[] = [];
  const pipelines = [...runner.config.pipelines.values()];
  const emit: RunOptions['emit'] = (event) => event.type === 'notice' && notices.push(event.message);
  const { pipelines: ended } = await runner.run({ pipelines, emit, ...options });
  return { ...(ended.people as PipelineResult), notices };
}

async function begin(pipeline = hard, partitioned = false) {
  const feed = await openFeed(pipeline, partitioned);
  onTestFinished(() => feed.close());
  const runner = await runnerOf(feed);
  onTestFinished(() => runner.close());
  return { feed, run: (options?: Partial<RunOptions>) => runWith(runner, options) };
}

function rows({ folder }: Feed, where = 'true'): string[] {
  const found = query(join(folder, 'sink.db'), `SELECT id, name FROM people WHERE ${where} ORDER BY id`);
  return (found as unknown[][]).map((row) => row.join(' '));
}

const named = (...ids: readonly number[]): Change[] => ids.map((id) => ({ id, name: `name ${id}` }));
const gone = (...ids: readonly number[]): Change[] => ids.map((id) => ({ id, gone: true }));
const checkpoint = async ({ folder }: Feed) => {
  const { stdout } = await syncline(folder, ['state', 'get', 'people', '--json']);
  return (JSON.parse(stdout) as { checkpoint: unknown }).checkpoint;
};

describe('a stream that is read by sync tokens', () => {
  it('is read whole at first, then only what changed since', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4, 5));
    expect(await run()).toMatchObject({ status: 'succeeded', inserted: 5, cursor: { to: '5' } });
    expect(feed.asked()).toEqual([{ book: 'work' }]);
    feed.change(...gone(2), { id: 3, name: 'three' }, ...named(6));
    expect(await run()).toMatchObject({
      read: 3,
      inserted: 1,
      updated: 1,
      deleted: 1,
      cursor: { from: '5', to: '8' },
      calls: { pages: 2, requests: 4, retries: 2, waitedMs: 6 },
      stopped: 'no next page',
    });
    expect(feed.asked()).toEqual([{ book: 'work', token: '5' }]);
    expect(rows(feed)).toEqual(feed.living());
    expect(await run()).toMatchObject({ read: 0, cursor: { from: '8', to: '8' } });
  });

  it('is read whole in the run that finds its token expired, and what is absent goes, once', async () => {
    const { feed, run } = await begin('deletes: { max: 50% }');
    feed.change(...named(1, 2, 3, 4, 5, 6));
    await run();
    feed.change(...gone(2), ...named(7));
    feed.expire();
    feed.asked();
    const ran = await run();
    expect(ran).toMatchObject({
      status: 'succeeded',
      inserted: 1,
      deleted: 1,
      cursor: { from: '6', to: '9' },
    });
    expect(ran.notices).toContain('the token is too old: all of it is read again');
    expect(feed.asked()).toEqual([{ book: 'work', token: '6' }, { book: 'work' }]);
    expect(rows(feed, '_deleted_at IS NULL')).toEqual(feed.living());
    expect(rows(feed, '_deleted_at IS NOT NULL')).toEqual(['2 name 2']);
    feed.change({ id: 2, name: 'again' });
    expect(await run()).toMatchObject({ read: 1, updated: 1, cursor: { from: '9', to: '10' } });
    expect(rows(feed, '_deleted_at IS NULL')).toEqual(feed.living());
  });

  it('keeps its token where the source gives none', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1));
    await run();
    feed.be({ silent: true });
    feed.change(...named(2));
    expect(await run()).toMatchObject({ inserted: 1, cursor: { from: '1', to: '1' } });
    expect(await run()).toMatchObject({ unchanged: 1, cursor: { from: '1', to: '1' } });
  });

  it('keeps the old token until what is absent is gone: the guard leaves both as they are', async () => {
    const { feed, run } = await begin('deletes: { mode: hard }');
    feed.change(...named(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    await run();
    feed.change(...gone(1, 2, 3, 4, 5, 6));
    feed.expire();
    expect(await run()).toMatchObject({ status: 'failed', deleted: 0, error: { code: 'guard/deletes' } });
    expect(await checkpoint(feed)).toEqual({ cursor: { text: '10', kind: 'token' } });
    expect(rows(feed)).toHaveLength(10);
    expect(await run({ allow_delete: { rows: 6 } })).toMatchObject({ deleted: 6, cursor: { to: '17' } });
    expect(rows(feed)).toEqual(feed.living());
  });

  it('compares under --all too, and deletes nothing on the first read or where deletes are ignored', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3));
    await run({ full: true });
    feed.change(...gone(3));
    expect(await run({ full: true })).toMatchObject({ read: 2, deleted: 1, cursor: { from: '3', to: '4' } });
    const other = await begin('deletes: { mode: ignore }');
    other.feed.change(...named(1, 2, 3));
    await other.run();
    other.feed.change(...gone(3));
    expect(await other.run({ full: true })).toMatchObject({ deleted: 0, cursor: { from: '3', to: '4' } });
  });

  it('keeps its token while a rejected row might be any', async () => {
    const { feed, run } = await begin(`${hard}\nrejects: { max: 100% }`);
    feed.change(...named(1, 2, 3));
    await run();
    feed.change(...gone(1), { id: 'x' as unknown as number, name: 'no number' });
    expect(await run({ full: true })).toMatchObject({
      rejected: 1,
      deleted: 0,
      cursor: { from: '3', to: '3' },
    });
    feed.change({ id: 'x' as unknown as number, gone: true });
    expect(await run()).toMatchObject({ deleted: 1, cursor: { from: '3', to: '6' } });
  });

  it('compares also what a first read left behind that has to begin anew', async () => {
    const { feed, run } = await begin();
    feed.be({ places: false });
    feed.change(...named(1, 2, 3, 4));
    feed.breakAt({ page: 'end' });
    expect(await run()).toMatchObject({ status: 'failed' });
    feed.breakAt(undefined);
    feed.change(...gone(1));
    expect(await run()).toMatchObject({ status: 'succeeded', deleted: 1, cursor: { to: '5' } });
    expect(rows(feed)).toEqual(feed.living());
  });

  it('compares what a first read left behind under another mapping', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4));
    feed.breakAt({ page: 'end' });
    await run();
    feed.breakAt(undefined);
    feed.change(...gone(1));
    const file = join(feed.folder, 'sync.config.yaml');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('from: name,', 'from: name, default: none,'),
    );
    const runner = await runnerOf(feed);
    onTestFinished(() => runner.close());
    expect(await runWith(runner)).toMatchObject({ status: 'succeeded', deleted: 1, cursor: { to: '5' } });
    expect(rows(feed)).toEqual(feed.living());
  });

  it('goes on in the middle of a full read with what it had seen', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4, 5, 6));
    await run();
    feed.change(...gone(1));
    feed.expire();
    feed.breakAt({ page: 2 });
    expect(await run()).toMatchObject({ status: 'failed' });
    expect(await checkpoint(feed)).toMatchObject({ cursor: { text: '6' }, position: { full: true } });
    feed.breakAt(undefined);
    feed.asked();
    expect(await run()).toMatchObject({ read: 1, deleted: 1, cursor: { from: '6', to: '8' } });
    expect(feed.asked()).toMatchObject([{ position: { page: 2 } }]);
    expect(rows(feed)).toEqual(feed.living());
  });

  it('does not make up for a part: it keeps its token, and deletes nothing', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3));
    await run();
    feed.change(...gone(1));
    const ran = await run({ full: true, max_records: 100 });
    expect(ran).toMatchObject({ deleted: 0, cursor: { from: '3', to: '3' } });
    expect(ran.notices).toContain('only a part was read: nothing was deleted, and the sync token stays');
    expect(await run()).toMatchObject({ deleted: 1, cursor: { from: '3', to: '4' } });
  });

  it('reads all partitions in full when the token of one expires', async () => {
    const { feed, run } = await begin(hard, true);
    feed.change(...named(1, 2, 3, 4, 5, 6, 7, 8));
    await run();
    feed.change(...gone(1, 2), ...named(9));
    feed.expire('home');
    feed.asked();
    expect(await run()).toMatchObject({ status: 'succeeded', deleted: 2, inserted: 1 });
    expect(feed.asked().map(({ book, token }) => [book, token])).toEqual([
      ['work', '4'],
      ['home', '4'],
      ['work', undefined],
      ['home', undefined],
    ]);
    expect(rows(feed)).toEqual(feed.living());
  });

  it('feeds several targets by one read, also when its token has expired', async () => {
    const { feed, run } = await begin(`to: [db.people, db.others]\n${hard}`);
    feed.change(...named(1, 2, 3));
    await run();
    feed.change(...gone(1));
    feed.expire();
    feed.asked();
    expect(await run()).toMatchObject({ status: 'succeeded', read: 2, deleted: 2, calls: { pages: 1 } });
    expect(feed.asked()).toHaveLength(2);
    expect(rows(feed)).toEqual(feed.living());
  });

  it('ends as failed where everything is refused as well', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1));
    await run();
    feed.breakAt({ page: 0, expired: true });
    expect(await run()).toMatchObject({ status: 'failed', error: { code: 'source/token_expired' } });
    expect(feed.asked()).toHaveLength(3);
    expect(await checkpoint(feed)).toEqual({ cursor: { text: '1', kind: 'token' } });
  });

  it('removes the rows of a record that are gone, and no others', async () => {
    const { feed } = await begin();
    await writeFile(
      join(feed.folder, 'sync.config.yaml'),
      `version: 1
sources: { feed: { type: ./feed.ts, streams: { people: { book: work, changes: true, primary_key: id, deleted_when: gone } } } }
sinks: { db: { type: libsql, url: "file:sink.db" } }
pipelines:
  people:
    from: feed.people
    to: db.people
    each: lines
    map: { id: $record.id, name: { from: name, type: integer } }
    primary_key: [id, name]
    replace_within: true
    rejects: { max: 100% }
    deletes: { mode: hard, max: 100% }
`,
    );
    const lines = (id: number, ...names: readonly unknown[]) =>
      ({ id, lines: names.map((name) => ({ name })) }) as unknown as Change;
    const runner = await runnerOf(feed);
    onTestFinished(() => runner.close());
    feed.change(lines(1, 1, 2), lines(2, 1), lines(3, 7), lines(4, 1));
    await runWith(runner);
    feed.change(...gone(2), lines(1, 2, 3), { id: 4 });
    feed.expire();
    expect(await runWith(runner)).toMatchObject({ status: 'succeeded', inserted: 1, deleted: 3 });
    expect(rows(feed)).toEqual(['1 2', '1 3', '3 7']);
  });
});

describe('the token of a run', () => {
  it('is undone with its rows', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4));
    await run();
    const before = rows(feed);
    feed.change(...gone(1), { id: 2, name: 'two' });
    feed.expire();
    await run();
    const [{ runId }] = JSON.parse((await syncline(feed.folder, ['runs', '--json'])).stdout) as [
      { runId: string },
    ];
    expect((await syncline(feed.folder, ['undo', runId])).code).toBe(0);
    expect(rows(feed)).toEqual(before);
    expect(await checkpoint(feed)).toEqual({ cursor: { text: '4', kind: 'token' } });
  });

  it('is planned, saved and done exactly so, deletions included', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4));
    await run();
    feed.change(...gone(1, 2), ...named(5));
    feed.expire();
    const planned = await syncline(feed.folder, ['plan', '--out', 'plan.jsonl']);
    expect(planned.stdout).toContain('sync token 4');
    expect(planned.stdout).toContain('Plan: 1 to create, 0 to update, 2 to delete');
    expect(rows(feed)).toHaveLength(4);
    feed.asked();
    expect((await syncline(feed.folder, ['run', '--plan', 'plan.jsonl'])).code).toBe(0);
    expect(feed.asked()).toEqual([]);
    expect(rows(feed)).toEqual(feed.living());
    expect(await checkpoint(feed)).toEqual({ cursor: { text: '8', kind: 'token' } });
  });

  it('moves with the state, is listed, and cannot be set to a time', async () => {
    const { feed, run } = await begin();
    feed.change(...named(1, 2));
    await run();
    expect((await syncline(feed.folder, ['state', 'list'])).stdout).toMatch(/people +db\.people +2 /);
    expect((await syncline(feed.folder, ['state', 'get', 'people'])).stdout).toContain('2 (token)');
    const { stdout } = await syncline(feed.folder, ['state', 'export']);
    await writeFile(join(feed.folder, 'state.json'), stdout);
    expect((await syncline(feed.folder, ['state', 'import', 'state.json', '--yes'])).code).toBe(0);
    expect(await checkpoint(feed)).toEqual({ cursor: { text: '2', kind: 'token' } });
    const { code, stderr } = await syncline(feed.folder, ['run', '--last', '7d']);
    expect(code).toBe(2);
    expect(stderr).toContain('is read by sync tokens');
    expect((await syncline(feed.folder, ['state', 'set', 'people', '2024-01-01'])).code).toBe(2);
  });
});

it('loses and doubles nothing, killed at any page, under its token or without', async () => {
  for (const expired of [false, true]) {
    const { feed, run } = await begin();
    feed.change(...named(1, 2, 3, 4, 5, 6, 7));
    await run();
    feed.change({ id: 1, name: 'one' }, ...gone(2), ...named(8, 9), { id: 3, name: 'three' });
    if (expired) feed.expire();
    for (const page of [0, 1, 2, 'end'] as const) {
      feed.breakAt({ page, kill: true });
      await syncline(feed.folder, ['run', '--quiet']);
      expect(await checkpoint(feed)).toMatchObject({ cursor: { text: '7' } });
    }
    feed.breakAt(undefined);
    feed.asked();
    expect(await run()).toMatchObject({ status: 'succeeded', cursor: { from: '7' } });
    expect(feed.asked()).toMatchObject([{ position: {} }]);
    expect(rows(feed)).toEqual(feed.living());
  }
}, 600_000);

type Step =
  | { readonly type: 'change'; readonly changes: readonly Change[] }
  | { readonly type: 'expire'; readonly book?: string }
  | { readonly type: 'run'; readonly fault?: Fault; readonly book?: string; readonly full: boolean };

const id = fc.integer({ min: 1, max: 12 });
const book = fc.constantFrom(undefined, 'work', 'home');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('change' as const),
    changes: fc.array(
      fc.oneof(
        id.map((id) => gone(id)[0] as Change),
        fc.record({ id, name: fc.constantFrom('a', 'b') }),
      ),
      {
        maxLength: 8,
      },
    ),
  }),
  fc.record({ type: fc.constant('expire' as const), book }),
  fc.record({
    type: fc.constant('run' as const),
    fault: fc.option(
      fc.record({
        page: fc.constantFrom(0, 1, 2, 'end' as const),
        expired: fc.constantFrom(undefined, true as const),
      }),
      { nil: undefined },
    ),
    book,
    full: fc.boolean(),
  }),
);

it("after any history, and any faults in it, the target has the source's rows and no others", async () => {
  const histories = fc.tuple(fc.boolean(), fc.boolean(), fc.array(step, { minLength: 3, maxLength: 14 }));
  await fc.assert(
    fc.asyncProperty(histories, async ([partitioned, places, steps]) => {
      const feed = await openFeed(hard, partitioned);
      feed.be({ places });
      const runner = await runnerOf(feed);
      try {
        // A read that goes on shows the source as it was when it began.
        let fresh = true;
        const again: Step = { type: 'run', full: false };
        for (const one of [...steps, again, again]) {
          if (one.type === 'change') feed.change(...one.changes);
          else if (one.type === 'expire') feed.expire(one.book);
          else {
            feed.breakAt(one.fault, one.book);
            const { status } = await runWith(runner, { full: one.full, allow_empty: true });
            if (one.fault === undefined) expect(status).toBe('succeeded');
            if (status === 'succeeded' && fresh && feed.living().length > 0)
              expect(rows(feed)).toEqual(feed.living());
            fresh = status === 'succeeded';
          }
        }
      } finally {
        await runner.close();
        await feed.close();
      }
    }),
    { numRuns: slowCases, endOnFailure: true },
  );
}, 600_000);
