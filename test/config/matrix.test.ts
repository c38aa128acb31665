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
  ['mode: replace', libsql, ['config/mode']],
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

  it.each(incremental)('incremental by %j with %j into %s', async (cursor, keys, sink, expected) => {
    const key = 'primary_key: id';
    const stream = cursor === undefined ? key : `${key}, incremental: { ${cursor} }`;
    const codes = (await complaints(around(keys, sink).replace(key, stream))).map(
      (line) => line.split(' ')[0],
    );
    expect(codes).toEqual(expected);
  });
});
