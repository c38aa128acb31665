import assert from 'node:assert/strict';
import { SyncError } from '../model/errors.ts';
import { parseJson, printJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import type { Batch, OpenSource, ReadRequest, SourceDefinition } from '../plugin/contract.ts';
import { context, describedOptions, type Test } from './suite.ts';

export interface SourceSuite {
  readonly test: Test;
  readonly definition: SourceDefinition;
  /** The source's options, complete; called once per test. */
  readonly options: () => Promise<{ readonly [name: string]: unknown }>;
  /** The options of a stream that holds at least three records. */
  readonly stream: { readonly [name: string]: unknown };
  /** What that stream returns, in order. */
  readonly records: readonly SourceRecord[];
  /** Options of streams that cannot be read: each must end in a `SyncError`. */
  readonly unreadable: readonly { readonly [name: string]: unknown }[];
  /** Where relative paths in the options start. */
  readonly directory?: string;
}

/** Registers the tests every source must pass. */
export function sourceContract(suite: SourceSuite): void {
  const { test, definition, records, stream } = suite;
  const expected = records.map((record) => printJson(record));

  test('describes each of its options', async () => {
    describedOptions(definition.options);
    describedOptions(definition.streamOptions);
    assert.ok(Object.hasOwn(definition.streamOptions.properties, definition.shortForm));
  });

  test('returns its records in order', () =>
    opened(suite, async (source) => {
      assert.deepEqual(printed(await readAll(source, stream, 1000)), expected);
    }));

  for (const rows of [1, 2])
    test(`keeps to batches of ${rows} and returns the same records`, () =>
      opened(suite, async (source) => {
        const batches = await readAll(source, stream, rows);
        assert.ok(batches.every((batch) => batch.records.length <= rows));
        assert.ok(batches.every((batch) => batch.bytes >= 0));
        assert.deepEqual(printed(batches), expected);
      }));

  test('reads again from the beginning', () =>
    opened(suite, async (source) => {
      await readAll(source, stream, 2);
      assert.deepEqual(printed(await readAll(source, stream, 2)), expected);
    }));

  test('reads twice at the same time', () =>
    opened(suite, async (source) => {
      const both = await Promise.all([readAll(source, stream, 1), readAll(source, stream, 1)]);
      for (const batches of both) assert.deepEqual(printed(batches), expected);
    }));

  test('may be abandoned half way', () =>
    opened(suite, async (source) => {
      for await (const batch of source.read(request(stream, 1))) {
        assert.equal(batch.records.length, 1);
        break;
      }
    }));

  for (const rows of [1, 2])
    test(`goes on after any position of batches of ${rows}, and returns exactly the rest`, () =>
      opened(suite, async (source) => {
        const batches = await readAll(source, stream, rows);
        for (const [index, { position }] of batches.entries()) {
          if (position === undefined) continue;
          const rest = printed(batches.slice(index + 1));
          for (const size of [1, 1000])
            assert.deepEqual(printed(await readAll(source, stream, size, asKept(position))), rest);
        }
      }));

  test('counts on from a position: those it gives then are as good', () =>
    opened(suite, async (source) => {
      const [first] = await readAll(source, stream, 1);
      if (first?.position === undefined) return;
      const after = await readAll(source, stream, 1, asKept(first.position));
      assert.ok(after[0]?.position !== undefined);
      const rest = await readAll(source, stream, 1, asKept(after[0].position));
      assert.deepEqual(printed(rest), expected.slice(2));
    }));

  test('refuses a position it never gave', () =>
    opened(suite, async (source) => {
      const given = await readAll(source, stream, 1);
      if (given.every(({ position }) => position === undefined)) return;
      const foreign = readAll(source, stream, 1, { somewhere: 'else' });
      await assert.rejects(foreign, { code: 'source/position_lost' });
    }));

  for (const options of suite.unreadable)
    test(`explains why it cannot read ${JSON.stringify(options)}`, () =>
      opened(suite, async (source) => {
        await assert.rejects(readAll(source, options, 1000), SyncError);
      }));
}

async function opened(suite: SourceSuite, work: (source: OpenSource) => Promise<void>): Promise<void> {
  const source = await suite.definition.open(await suite.options(), context(suite.directory));
  try {
    await work(source);
  } finally {
    await source.close();
  }
}

async function readAll(
  source: OpenSource,
  stream: unknown,
  rows: number,
  position?: Value,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.read(request(stream, rows, position))) batches.push(batch);
  return batches;
}

/** A position as it comes back in another process. */
function asKept(position: Value): Value {
  return parseJson(printJson(position));
}

function request(options: unknown, rows: number, position?: Value): ReadRequest {
  return {
    stream: 'tested',
    options,
    position,
    batch: { rows, bytes: 4 * 1024 * 1024 },
    signal: new AbortController().signal,
  };
}

function printed(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) => batch.records.map((record) => printJson(record)));
}
