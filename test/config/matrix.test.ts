import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { around, complaints, plugins } from './load-text.ts';

const libsql = '{ type: libsql, url: "file:a.db" }';
const file = '{ type: file, dir: out }';
const stdout = '{ type: stdout }';
const board = `{ type: ${join(plugins, 'board.ts')} }`;

const within =
  'each: lines\nprimary_key: [order, line]\nmap: { order: $record.id, line: line }\nreplace_within: true';

/** keys of the pipeline, sink, and the codes of what is wrong */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['mode: upsert', libsql, []],
  ['mode: append', libsql, []],
  ['mode: replace', libsql, []],
  ['mode: replace', file, []],
  ['mode: append', file, []],
  ['mode: upsert', file, ['config/mode']],
  ['mode: append', stdout, []],
  ['mode: upsert', stdout, ['config/mode']],
  ['map: { a: a }', libsql, ['config/primary_key']],
  ['map: { a: a }', file, []],
  ['map: { a: a }\nmode: append', libsql, []],
  ['map: { id: { from: id, type: json } }', libsql, ['config/primary_key']],
  ['map: { id: id, ref: { from: ref, type: json } }\nprimary_key: [id, ref]', libsql, ['config/primary_key']],
  ['map: { id: id, ref: { from: ref, type: json } }', libsql, []],
  ['each: items', libsql, ['config/primary_key']],
  ['each: items\nprimary_key: item_id', libsql, []],
  ['merge: { a: max }', libsql, []],
  ['merge: { a: max }\nmode: append', libsql, ['config/mode']],
  ['merge: { a: max }', file, ['config/mode']],
  ['merge: {}', file, []],
  ['merge: { id: max }', libsql, ['config/merge']],
  ['primary_key: [a, b]\nmerge: { a: max, b: min, c: max }', libsql, ['config/merge', 'config/merge']],
  ['merge: { a: keep_edits }', libsql, []],
  ['merge: { a: keep_edits }', board, ['config/merge']],
  ['merge: { "*": keep_edits }', board, ['config/merge']],
  ['merge: { a: max }', board, []],
  [within, libsql, []],
  [`${within}\nmode: append`, libsql, ['config/mode']],
  ['replace_within: true', libsql, ['config/mode']],
  [within.replace('$record.id', 'order'), libsql, ['config/mode']],
  [within.replace('true', 'false'), libsql, []],
  ['mode: mirror', libsql, []],
  ['mode: mirror', file, ['config/mode']],
  ['mode: mirror\nmap: { a: a }', libsql, ['config/primary_key']],
  ['mode: mirror\nmerge: { a: max, b: keep_edits }', libsql, []],
  ['mode: mirror\nmap: { id: id, _DELETED_AT: x }', libsql, ['config/column']],
  ['mode: mirror\nmap: { id: id, _deleted_at: x }\ndeletes: { mode: hard }', libsql, []],
  ['mode: mirror\ndeletes: { column: gone }\nmap: { id: id, _deleted_at: x }', libsql, []],
  ['mode: mirror\ndeletes: { column: _run_id }', libsql, ['config/column']],
  [`${within}\nmode: mirror`, libsql, ['config/mode']],
  ['deletes: { mode: hard }', libsql, ['config/mode']],
  ['mode: append\ndeletes: { mode: hard }', libsql, ['config/mode']],
  ['mode: replace\ndeletes: { max: 10% }', libsql, []],
  ['mode: replace\ndeletes: { mode: soft }', libsql, ['config/mode']],
  ['deletes: { max: 10% }', file, ['config/mode']],
  ['mode: replace\nmerge: { a: max }', libsql, ['config/mode']],
  ['mode: snapshot\nsnapshot: { every: day }', libsql, []],
  ['mode: snapshot', libsql, ['config/mode']],
  ['mode: snapshot\nsnapshot: { every: day, timezone: Nowhere/City }', libsql, ['config/value']],
  ['mode: snapshot\nsnapshot: { every: day }\nmap: { a: a }', libsql, ['config/primary_key']],
  ['mode: snapshot\nsnapshot: { every: day }\nmerge: { a: max }', libsql, ['config/mode']],
  [
    'mode: snapshot\nsnapshot: { every: day, column: day }\nmap: { id: id, day: x }',
    libsql,
    ['config/column'],
  ],
  ['snapshot: { every: day }', libsql, ['config/mode']],
];

/** keys of the pipeline whose stream has `deleted_when`, and the codes of what is wrong */
const tombstones: readonly (readonly [string, string, readonly string[]])[] = [
  ['', libsql, []],
  ['deletes: { mode: hard }', libsql, []],
  ['mode: mirror', libsql, []],
  ['mode: append', libsql, ['config/mode']],
  ['mode: replace', libsql, ['config/mode']],
  ['mode: snapshot\nsnapshot: { every: day }', libsql, ['config/mode']],
  ['each: items\nprimary_key: item', libsql, ['config/mode']],
  [within, libsql, []],
  ['map: { id: id, _deleted_at: x }', libsql, ['config/column']],
  ['deletes: { mode: ignore }\nmap: { id: id, _deleted_at: x }', libsql, []],
  ['', stdout, ['config/mode']],
];

const feed = (more: string) => `version: 1
sources:
  feed: { type: ${join(plugins, 'feed.ts')}, streams: { people: { path: a, primary_key: id, ${more} } } }
`;

/** what the stream has besides sync tokens, the sink, keys of the pipeline, and the codes of what is wrong */
const tokens: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['', libsql, '', []],
  ['', libsql, 'deletes: { mode: hard, max: 3 }', []],
  ['deleted_when: gone', libsql, '', []],
  ['', libsql, 'map: { id: id, _deleted_at: x }', ['config/column']],
  ['', libsql, 'deletes: { mode: ignore }\nmap: { id: id, _deleted_at: x }', []],
  ['', libsql, 'full_every: 7d', []],
  ['', libsql, 'merge: { a: sum }', ['config/merge']],
  ['', libsql, 'mode: mirror', ['config/mode']],
  ['', libsql, 'mode: append', ['config/mode']],
  ['', libsql, 'mode: replace', ['config/mode']],
  ['', libsql, 'mode: snapshot\nsnapshot: { every: day }', ['config/mode']],
  ['incremental: { cursor_field: at }', libsql, '', ['config/mode']],
  ['', board, '', ['config/mode']],
  ['', board, 'deletes: { mode: ignore }', []],
];

const plain = 'cursor_field: at';

/** `incremental` of the stream, keys of the pipeline, sink, and the codes of what is wrong */
const incremental: readonly (readonly [string | undefined, string, string, readonly string[]])[] = [
  [plain, '', libsql, []],
  [plain, 'mode: append', libsql, []],
  [plain, '', file, []],
  [plain, '', stdout, []],
  [plain, 'merge: { a: sum }', libsql, []],
  [plain, 'merge: { "*": sum }', libsql, []],
  [undefined, 'merge: { a: sum }', libsql, ['config/merge']],
  [plain, 'merge: { a: sum }', board, ['config/merge']],
  [plain, 'merge: { a: sum }\nmode: append', libsql, ['config/mode']],
  [plain, 'map: { id: id, a: { from: a, type: string } }\nmerge: { a: sum }', libsql, ['merge/type']],
  [plain, 'map: { id: id, a: { from: a, type: decimal } }\nmerge: { a: sum }', libsql, []],
  [`${plain}, lookback: 1h`, '', libsql, []],
  [`${plain}, lookback: 1h`, 'mode: append', libsql, ['config/mode']],
  [`${plain}, lookback: 0`, 'mode: append', libsql, []],
  [`${plain}, lookback: 10`, 'merge: { a: sum }', libsql, ['config/mode']],
  [`${plain}, on_missing: include`, '', libsql, []],
  [`${plain}, on_missing: include`, 'mode: append', libsql, ['config/mode']],
  [`${plain}, on_missing: include`, 'merge: { a: sum }', libsql, ['config/mode']],
  [plain, 'mode: mirror', libsql, ['config/mode']],
  [plain, 'mode: mirror\nfull_every: 1d', libsql, []],
  [plain, 'mode: mirror\nfull_every: 1d\nmerge: { a: sum }', libsql, ['config/mode']],
  [plain, 'mode: replace', libsql, []],
  [plain, 'full_every: 7d', libsql, []],
  [plain, 'full_every: 7d\nmode: append', libsql, ['config/mode']],
  [plain, 'full_every: 7d\nmerge: { a: sum }', libsql, ['config/mode']],
  [undefined, 'full_every: 7d\nmode: append', libsql, []],
];

describe('the mode matrix', () => {
  it.each(cases)('%j into %s', async (keys, sink, expected) => {
    const codes = (await complaints(around(keys, sink))).map((line) => line.split(' ')[0]);
    expect(codes).toEqual(expected);
  });

  it.each(tombstones)('deleted_when with %j into %s', async (keys, sink, expected) => {
    const key = 'primary_key: id';
    const text = around(keys, sink).replace(key, `${key}, deleted_when: deleted`);
    const codes = (await complaints(text)).map((line) => line.split(' ')[0]);
    expect(codes).toEqual(expected);
  });

  it.each(tokens)('sync tokens with %j into %s with %j', async (more, sink, keys, expected) => {
    const text = feed(`changes: true, ${more}`) + around(keys, sink).replace(/^.*(?=sinks:)/s, '');
    const codes = (await complaints(text.replace('export.campaigns', 'feed.people'))).map(
      (line) => line.split(' ')[0],
    );
    expect(codes).toEqual(expected);
  });

  it('lets nobody else write what is fed by sync tokens', async () => {
    const text = feed('changes: true') + around('', libsql).replace(/^.*(?=sinks:)/s, '');
    const two = `${text.replace('export.campaigns', 'feed.people')}  other: { from: feed.people, to: db.campaigns }\n`;
    expect(await complaints(two)).toEqual([
      expect.stringMatching(
        /^config\/target .*deletes what its source does not have once its sync token has expired/,
      ),
    ]);
    expect(await complaints(two.replace('changes: true, ', '').replace('changes: true', ''))).toEqual([]);
  });

  it.each(incremental)('incremental by %j with %j into %s', async (cursor, keys, sink, expected) => {
    const key = 'primary_key: id';
    const stream = cursor === undefined ? key : `${key}, incremental: { ${cursor} }`;
    const codes = (await complaints(around(keys, sink).replace(key, stream))).map(
      (line) => line.split(' ')[0],
    );
    expect(codes).toEqual(expected);
  });
});
