import { describe, expect, it } from 'vitest';
import { around, complaints } from './load-text.ts';

describe('what a pipeline names', () => {
  it('is judged also where the schema found something else', async () => {
    const found = await complaints(around('moode: upsert').replace('export.campaigns', 'export.campaign'));
    expect(found).toEqual([
      'config/unknown_key pipelines.campaigns.moode: there is no key "moode"',
      'config/reference pipelines.campaigns.from: there is no stream of "export" named "campaign"',
    ]);
  });

  it('is not judged by what another mistake took away', async () => {
    const found = await complaints(
      around('mode: upsrt\nmap: { a: { form: a } }\nprimary_key: b\nmerge: { c: max }'),
    );
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'config/enum pipelines.campaigns.mode:',
      'config/unknown_key pipelines.campaigns.map.a.form:',
    ]);
  });

  it('may be a source whose plugin is missing: only that is told', async () => {
    const found = await complaints(around('primary_key: id').replace('type: file', 'type: ./none.ts'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^plugin\/missing sources\.export\.type: /);
  });

  it.each([
    ['map: { id: id }\nmerge: { "*": deep_merge }', []],
    ['map: { id: id }\nmerge: { id: max }', ['config/merge']],
    ['map: { id: id, a: { value: 1, default: 2 } }', ['config/field']],
    ['map: { id: id, a: { from: a, default: 2 } }', []],
    ['map: { id: id, a: { from: a, type: json } }\nmerge: { "*": deep_merge }', []],
    ['map: { id: id, a: { from: a, type: date } }\nmerge: { "*": deep_merge }', ['merge/type']],
    ['map: { id: id, a: { from: a, type: date } }\nmerge: { "*": deep_merge, a: max }', []],
    ['map: { id: id }\nrest: keep\nmerge: { other: max }', []],
    ['map: { id: id }\nmerge: { other: max }', ['config/column']],
    ['map: { id: id }\nchecks: { other: { type: string } }', ['config/column']],
    ['map: { id: id, ID: b }', ['config/column']],
    ['map: { id: id, _Run_Id: b }', ['config/column']],
    ['map: { id: id, _run_id: b }\ncolumns: { run_id: false }', []],
  ])('%j gives %j', async (keys, expected) => {
    const codes = (await complaints(around(keys))).map((line) => line.split(' ')[0]);
    expect(codes).toEqual(expected);
  });
});
