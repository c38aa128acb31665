import { expect, test } from 'vitest';
import { openSink, openSource } from '../../src/engine/plugin-calls.ts';
import {
  defineSink,
  defineSource,
  type OpenSink,
  type RowBatch,
  SyncError,
  type Writer,
} from '../../src/index.ts';
import { context as contextIn } from '../../src/testing/suite.ts';

const nothing = { type: 'object', properties: {} } as const;
const context = contextIn('.');
const run = { id: 'RUN', started_at: '2026-01-02T03:04:05.000Z' };
const request = { name: 't', mode: 'append', run } as const;

function fail(): never {
  throw new RangeError('index 3');
}

const writer: Writer = { commit: async () => fail(), complete: fail, close: async () => fail() };
const sink: OpenSink = {
  discover: fail,
  begin: async () => writer,
  ledger: { read: fail, write: fail, list: fail },
  prune: fail,
  count: fail,
  close: fail,
};

function opened(open: () => Promise<OpenSink>, own: string | undefined = './s.ts') {
  const plugin = defineSink({
    name: 's',
    summary: 'A sink.',
    options: nothing,
    modes: ['append'],
    capabilities: [],
    open,
  });
  return openSink({ name: 'db', plugin, own, options: {} }, context);
}

const told = (doing: string) => ({
  code: 'plugin/failed',
  message: `sink db (./s.ts) failed while ${doing}: index 3`,
  cause: expect.any(RangeError),
});

test('whatever a sink throws is named after it, and what it did', async () => {
  await expect(opened(async () => fail())).rejects.toMatchObject(told('opening'));
  const guarded = await opened(async () => sink);
  await expect(guarded.discover('t')).rejects.toMatchObject(told('looking at t'));
  await expect(guarded.ledger?.list()).rejects.toMatchObject(told('listing its ledger'));
  await expect(guarded.prune?.('t', 'at', '')).rejects.toMatchObject(told('pruning t'));
  await expect(guarded.count?.('t', { signal: context.signal })).rejects.toMatchObject(told('counting t'));
  await expect(guarded.close()).rejects.toMatchObject(told('closing'));
  const writing = await guarded.begin(request);
  await expect(writing.commit({} as RowBatch)).rejects.toMatchObject(told('writing t'));
  await expect(writing.complete?.()).rejects.toMatchObject(told('completing t'));
  await expect(writing.close()).rejects.toMatchObject(told('closing t'));
});

test('what a sink does not have it does not have afterwards either', async () => {
  const { commit, close } = writer;
  const guarded = await opened(async () => ({
    ...sink,
    ledger: undefined,
    prune: undefined,
    count: undefined,
    begin: async () => ({ commit, close }),
  }));
  expect(guarded.ledger).toBeUndefined();
  expect(guarded.prune).toBeUndefined();
  expect(guarded.count).toBeUndefined();
  expect((await guarded.begin(request)).complete).toBeUndefined();
});

test('a built-in is called as it is: what it throws stays a bug', async () => {
  const plugin = defineSink({
    name: 's',
    summary: 'A sink.',
    options: nothing,
    modes: ['append'],
    capabilities: [],
    open: async () => fail(),
  });
  await expect(openSink({ name: 'db', plugin, options: {} }, context)).rejects.toBeInstanceOf(RangeError);
});

test('batches that are none are the fault of their source; a SyncError is told as it is', async () => {
  const read = async (batch: unknown) => {
    const plugin = defineSource({
      name: 's',
      summary: 'A source.',
      options: nothing,
      streamOptions: { type: 'object', properties: { path: { type: 'string' } } },
      shortForm: 'path',
      open: async () => ({
        async *read() {
          if (batch instanceof Error) throw batch;
          yield batch as never;
        },
        close: async () => undefined,
      }),
    });
    const source = await openSource(
      { name: 'c', plugin, own: './s.ts', options: {}, streams: new Map() },
      context,
    );
    const request = { stream: 'x', options: {}, batch: { rows: 1, bytes: 1 }, signal: context.signal };
    for await (const { records } of source.read(request)) return records;
    return [];
  };
  expect(await read({ records: [{ a: 1 }], bytes: 1 })).toEqual([{ a: 1 }]);
  for (const none of [undefined, {}, { records: 3 }])
    await expect(read(none)).rejects.toMatchObject({
      message: 'source c (./s.ts) failed while reading: it gave a batch that has no list `records`',
    });
  const own = new SyncError('source/malformed', 'cut off');
  await expect(read(own)).rejects.toBe(own);
});
