import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EditMemory, Row } from '../../../src/index.ts';
import { batchOf, run, type TargetShape, write } from '../../../src/testing/target.ts';
import { slowCases } from '../../counts.ts';
import { type SheetsServer, startSheets } from '../../kit/sheets.ts';
import { openSink } from './support.ts';

const upsert: TargetShape = { mode: 'upsert', key: [0] };
const changesOf = (server: SheetsServer) =>
  server.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).requests);

describe('what it writes', () => {
  it('is the cells that changed and no others, wherever people moved the columns', async () => {
    const server = await startSheets();
    server.fill('rows', [
      ['note', 'tags', 'seen', 'id', '', 'name'],
      ['mine', '', 1, 1, 'stray', 'a'],
      [],
      ['yours', '', 2, 2, '', 'b'],
    ]);
    const sink = await openSink(server);
    const counts = await write(sink, upsert, [
      [
        [1, 'A', 1, '[1]'],
        [2, 'b', 2, null],
      ],
    ]);
    expect(counts).toMatchObject({ updated: 1, unchanged: 1 });
    const cells = changesOf(server)[0].map(
      ({ updateCells }: { updateCells: { start: object; rows: object[] } }) => [
        updateCells.start,
        updateCells.rows,
      ],
    );
    const at = (columnIndex: number) => ({ sheetId: 100, rowIndex: 1, columnIndex });
    const text = (stringValue: string) => [{ values: [{ userEnteredValue: { stringValue } }] }];
    expect(cells).toEqual([
      [at(1), text('[1]')],
      [at(5), text('A')],
    ]);
    expect(server.cells('rows')?.[0]).toHaveLength(6);
  });

  it('is nothing where nothing changed', async () => {
    const server = await startSheets();
    const sink = await openSink(server);
    const rows: Row[] = [[1, '1000', 2, '{"a":1}']];
    await write(sink, upsert, [rows]);
    // A person typed it over: it is a number now.
    server.type('rows', 'B2', '1,000');
    expect(await write(sink, upsert, [rows])).toMatchObject({ unchanged: 1 });
    // The sheet and its rows.
    expect(changesOf(server)).toHaveLength(2);
  });

  it('is an empty cell for an empty text, which is no change the next time', async () => {
    const server = await startSheets();
    const sink = await openSink(server);
    const rows: Row[] = [[1, '', 1, null]];
    await write(sink, upsert, [rows]);
    expect(await write(sink, upsert, [rows])).toMatchObject({ unchanged: 1, updated: 0 });
    await expect(write(sink, { mode: 'upsert', key: [1] }, [rows])).rejects.toMatchObject({
      rows: [{ row: 0, field: 'name', reason: 'an empty text is no key in a sheet' }],
    });
  });

  it('is text where it is text: no formula, no number', async () => {
    const server = await startSheets();
    await write(await openSink(server), upsert, [
      [
        [1, '=1+1', null, null],
        [2, '007', null, null],
        [3, '+4', null, null],
      ],
    ]);
    expect(
      server
        .cells('rows')
        ?.slice(1)
        .map(([, name]) => name),
    ).toEqual(['=1+1', '007', '+4']);
  });

  it('is text where a number has more digits than a sheet keeps', async () => {
    const server = await startSheets();
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'price', type: 'decimal' },
    ] as const;
    const rows: Row[] = [
      [2 ** 53 - 1, '12.5'],
      [2n ** 53n + 1n, '0.12345678901234567890'],
    ];
    const shape: TargetShape = { ...upsert, columns };
    const sink = await openSink(server);
    await write(sink, shape, [rows]);
    expect(server.cells('rows')?.slice(1)).toEqual([
      [9007199254740991, 12.5],
      ['9007199254740993', '0.12345678901234567890'],
    ]);
    expect(await write(sink, shape, [rows.slice(0, 1)])).toMatchObject({ unchanged: 1 });
  });

  it('names missing columns in the header, beyond the grid and what stands without one', async () => {
    const server = await startSheets();
    server.fill('rows', [['id'], [1, 'stray']], 2);
    await write(await openSink(server), upsert, [[[1, 'a', 1, null]]]);
    expect(server.cells('rows')).toEqual([
      ['id', '', 'name', 'seen', 'tags'],
      [1, 'stray', 'a', 1],
    ]);
  });

  it('is a row below all others, also where the first column is blank', async () => {
    const server = await startSheets();
    server.fill('rows', [['', 'id', 'name'], [], ['', '', 'a note of mine']]);
    const shape: TargetShape = { ...upsert, columns: [{ name: 'id', type: 'integer' }] };
    await write(await openSink(server), shape, [[[1], [2]]]);
    expect(server.cells('rows')?.slice(3)).toEqual([
      ['', 1],
      ['', 2],
    ]);
  });

  it('takes rows away by their key, and leaves the others where they belong', async () => {
    const server = await startSheets();
    const sink = await openSink(server);
    await write(sink, upsert, [[1, 2, 3, 4].map((id): Row => [id, 'a', id, null])]);
    const writer = await sink.begin({ name: 'rows', mode: 'upsert', run });
    const rows: Row[] = [
      [1, undefined, undefined, undefined],
      [3, undefined, undefined, undefined],
      [4, 'b', 4, null],
      [5, 'e', 5, null],
    ];
    await writer.commit({ ...batchOf(upsert, rows, 1), tombstones: [0, 1] });
    expect(server.cells('rows')?.slice(1)).toEqual([
      [2, 'a', 2],
      [4, 'b', 4],
      [5, 'e', 5],
    ]);
  });
});

describe('what people do meanwhile', () => {
  it('stays: a number that was lowered by hand, until it is put back', async () => {
    const server = await startSheets();
    const sink = await openSink(server);
    const memory = keeping();
    const shape: TargetShape = { ...upsert, strategies: { seen: 'keep_edits' } };
    const commit = async (seen: number) => {
      const writer = await sink.begin({ name: 'rows', mode: 'upsert', run, memory });
      return writer.commit(batchOf(shape, [[1, 'a', seen, null]], 1));
    };
    await commit(1000);
    server.type('rows', 'C2', '900');
    expect(await commit(1050)).toMatchObject({ kept: 1, updated: 0 });
    expect(server.cells('rows')?.[1]).toEqual([1, 'a', 900]);
    server.type('rows', 'C2', '1,000');
    expect(await commit(1100)).toMatchObject({ kept: 0, updated: 1 });
    server.type('rows', 'C2', 'many');
    expect(await commit(1200)).toMatchObject({ kept: 1 });
    server.type('rows', 'C2', '');
    expect(await commit(1300)).toMatchObject({ updated: 1 });
    expect(server.cells('rows')?.[1]).toEqual([1, 'a', 1300]);
  });

  it.each(['max', 'min'] as const)('counts as empty where it is no number, for %s', async (strategy) => {
    const server = await startSheets();
    server.fill('rows', [
      ['id', 'name', 'seen', 'tags'],
      [1, 'a', 'n/a'],
    ]);
    const shape: TargetShape = { ...upsert, strategies: { seen: strategy } };
    await write(await openSink(server), shape, [[[1, 'a', 5, null]]]);
    expect(server.cells('rows')?.[1]).toEqual([1, 'a', 5]);
  });

  it('is an error where a key stands in two rows', async () => {
    const server = await startSheets();
    server.fill('rows', [
      ['id', 'name'],
      [1, 'a'],
      [2, 'b'],
      [1, 'c'],
    ]);
    const sink = await openSink(server);
    await expect(write(sink, upsert, [[[1, 'x', 1, null]]])).rejects.toMatchObject({
      code: 'sink/duplicate_key',
      message: 'the sheet "rows" has id = 1 in rows 2 and 4',
    });
    await write(sink, upsert, [[[2, 'x', 1, null]]]);
    expect(server.cells('rows')?.[2]?.[1]).toBe('x');
  });
});

describe('failures', () => {
  it('add no row twice where the server had written before it failed', async () => {
    const server = await startSheets();
    server.fill('rows', []);
    server.fail('POST', 503, true);
    const rows: Row[] = [[1, 'a', 1, null]];
    await write(await openSink(server), upsert, [rows]);
    expect(server.cells('rows')).toHaveLength(2);
  });

  it('stop rows from being appended again, and say why', async () => {
    const server = await startSheets();
    server.fill('rows', []);
    server.fail('POST', 503, true);
    await expect(
      write(await openSink(server), { mode: 'append' }, [[[1, 'a', 1, null]]]),
    ).rejects.toMatchObject({
      code: 'sink/write_failed',
    });
    expect(server.cells('rows')).toHaveLength(2);
  });

  it('name the row that no sheet can hold', async () => {
    const server = await startSheets();
    server.fill('rows', []);
    const rows: Row[] = [
      [1, 'a', 1, null],
      [2, 'x'.repeat(50_001), 1, null],
    ];
    await expect(write(await openSink(server), upsert, [rows])).rejects.toMatchObject({
      rows: [{ row: 1, field: 'name', reason: 'a cell holds 50000 characters at most' }],
    });
    expect(changesOf(server)).toEqual([]);
  });

  it('tell to share a spreadsheet', async () => {
    const server = await startSheets();
    const sink = await openSink(server);
    expect(await sink.check?.()).toMatchObject({ detail: '"Book": ' });
    server.unshare();
    await expect(sink.discover('rows')).rejects.toMatchObject({
      hint: expect.stringContaining('Share the spreadsheet'),
    });
  });
});

it('gives the same sheet however the rows are cut into batches', async () => {
  const row = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom('a', 'b', '', undefined, null),
    fc.constantFrom(1, 2, 3, null),
  );
  const rows = fc.array(
    row.map(([id, name, seen]): Row => [id, name, seen, null]),
    { minLength: 1, maxLength: 12 },
  );
  const shape: TargetShape = { ...upsert, strategies: { seen: 'max', name: 'first_non_null_value' } };
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 12 }), async (all, size) => {
      const results = [];
      for (const step of [size, 12]) {
        const server = await startSheets();
        const cut = Array.from({ length: Math.ceil(all.length / step) }, (_, at) =>
          all.slice(at * step, (at + 1) * step),
        );
        await write(await openSink(server), shape, cut);
        results.push(server.cells('rows'));
      }
      expect(results[0]).toEqual(results[1]);
    }),
    { numRuns: slowCases * 2 },
  );
});

/** A memory of edits that lasts as long as the test. */
function keeping(): EditMemory {
  const kept = new Map<string, Row>();
  return {
    async read(_, keys) {
      return new Map(keys.flatMap((key) => (kept.has(key) ? [[key, kept.get(key) ?? []] as const] : [])));
    },
    async remember(_, changes) {
      for (const { key, written } of changes) if (written) kept.set(key, written);
    },
  };
}
