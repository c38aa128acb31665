import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/open.ts';
import type { OptionsSchema } from '../../src/plugin/contract.ts';
import { type Filling, fillPlaceholders, type Placeholder } from '../../src/plugin/placeholders.ts';
import { dateFormat } from '../../src/transform/date-format.ts';
import { complaints, load, write } from './load-text.ts';

/** A config with these streams beside `contacts`, and this pipeline. */
const text = (streams: string, pipeline = 'from: in.contacts, to: out.contacts') => `version: 1
sources: { in: { type: file, streams: { contacts: contacts.json, ${streams} } } }
sinks: { out: { type: file, dir: out }, db: { type: libsql, url: file:sync.db } }
pipelines: { one: { ${pipeline} } }
`;

describe('a parent', () => {
  it('is named by a placeholder, and needs no pipeline', async () => {
    const config = await load(
      text(
        'notes: "{contacts.id}.json", days: { path: "{contacts[].id}.json", parents: { batch: 3 } }',
        'from: in.notes, to: out.notes',
      ),
    );
    const streams = config.sources.get('in')?.streams;
    expect(streams?.get('notes')?.parent).toEqual({ stream: 'contacts', batch: 1, on_missing: 'error' });
    expect(streams?.get('days')?.parent).toMatchObject({ batch: 3 });
    expect(streams?.get('contacts')?.parent).toBeUndefined();
  });

  it.each([
    [
      'a: "{contcts.id}.json"',
      'config/reference sources.in.streams.a.path: there is no stream of "in" named "contcts"',
    ],
    [
      'a: "{contacts.id}-{b.id}.json", b: b.json',
      'is read for each record of "contacts", and cannot be for those of "b"',
    ],
    ['a: "{b.id}.json", b: "{a.id}.json"', 'a → b → a'],
    ['a: "{a.id}.json"', 'a → a'],
    ['a: { path: "{contacts.id}.json", parents: { batch: 2 } }', 'stands for one record'],
    ['a: { path: "{contacts.id}.json", parents: { as: "x{id}" } }', '`as` shapes what stands for several'],
    ['a: { path: a.json, parents: { batch: 2 } }', 'no option of the stream has a placeholder for a parent'],
    ['a: "{contacts.$record.id}.json"', 'by names alone'],
    ['a: "{contacts.x..y}.json"', 'is not a path'],
    ['a: { path: "{contacts.id}.json", incremental: { cursor_field: at, order: ascending } }', 'in no order'],
    ['a: { path: "{contacts.id}.json", deleted_when: $parent.gone }', 'judged by the record alone'],
    ['a: "{window.start}.json"', 'the stream is not incremental'],
    ['a: { path: "{window.end}.json", incremental: { cursor_field: at } }', 'where the first range begins'],
    [
      'a: { path: "{window.end:yyyy-QQ}.json", incremental: { cursor_field: at, initial: -9d } }',
      '"QQ" is no field of a date',
    ],
  ])('is refused where it cannot be meant: %s', async (streams, message) => {
    expect((await complaints(text(streams))).join('\n')).toContain(message);
  });

  it('is told at its place in the file', async () => {
    const at = write(text('a: { path: a.json, records: "{contcts.id}" }'));
    await expect(loadConfig(at)).rejects.toMatchObject({
      diagnostics: [
        {
          path: 'sources.in.streams.a.records',
          span: { start: expect.any(Number) },
          help: 'did you mean "in.contacts"?',
        },
      ],
    });
  });

  it.each([
    [
      'from: in.contacts, to: db.x, mode: append, map: { a: $parent.id }',
      'the stream "contacts" has no parent',
    ],
    ['from: in.contacts, to: db.x, mode: append, where: { expr: "parent.id == 1" }', 'has no parent'],
    ['from: in.contacts, to: db.x, mode: append, each: $parent.list', 'has no parent'],
    [
      'from: in.days, to: db.x, mode: append, map: { a: { expr: "text(parent)" } }',
      'for 3 parents at a time',
    ],
    [
      'from: in.contacts, to: db.x, primary_key: id, replace_within: true',
      'needs `each`, or a stream with a parent',
    ],
    [
      'from: in.notes, to: db.x, primary_key: id, replace_within: true, map: { id: id }',
      'no column of the primary key tells',
    ],
    [
      'from: in.news, to: db.x, primary_key: p, replace_within: true, map: { p: $parent.id }',
      'reads only what is new',
    ],
  ])('is read by pipelines only where there is one: %s', async (pipeline, message) => {
    const streams = `notes: "{contacts.id}.json", days: { path: "{contacts[].id}.json", parents: { batch: 3 } },
      news: { path: "{contacts.id}.json", incremental: { cursor_field: at } }`;
    expect((await complaints(text(streams, pipeline))).join('\n')).toContain(message);
  });

  it('may be a word that an expression reads of something else', async () => {
    expect(
      await complaints(
        text('a: a.json', `from: in.a, to: out.a, where: { expr: "record.parent == 'parent'" }`),
      ),
    ).toEqual([]);
  });

  it('changes what a cursor rests on, and without one nothing does', async () => {
    const { basisOf } = await import('../../src/config/basis.ts');
    const basis = async (contacts: string) => {
      const at = write(
        text('notes: "{contacts.id}.json"', 'from: in.notes, to: out.notes').replace(
          'contacts.json',
          contacts,
        ),
      );
      writeFileSync(join(at.directory, '.env'), '');
      const pipeline = (await loadConfig(at)).pipelines.get('one');
      return pipeline && basisOf(pipeline);
    };
    expect(await basis('contacts.json')).not.toBe(await basis('others.json'));
    const alone = (await load(text('notes: n.json'))).pipelines.get('one');
    expect(alone && basisOf(alone)).not.toContain('parents');
  });
});

describe('placeholders', () => {
  const schema = {
    type: 'object',
    properties: {
      path: { type: 'string', 'x-encode': 'uri' },
      query: { type: 'string', 'x-language': 'sql' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: {},
      list: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    },
  } as OptionsSchema;
  const fill = (placeholder: Placeholder): Filling | undefined => {
    if (placeholder.kind === 'window') return undefined;
    const values: { readonly [name: string]: Filling } = {
      n: { value: 7 },
      text: { value: "a/b,ü'" },
      nothing: { value: null },
      id: { joined: ['x:1', 2] },
    };
    return values[placeholder.kind === 'partition' ? placeholder.name : placeholder.path];
  };

  it('are filled wherever a text is, as its schema says', () => {
    const options = {
      path: '/{n}/{text}/{c[].id}?q={other}',
      query: 'SELECT {n}, {text}, {nothing}',
      headers: { 'X-N': '{n}', both: '{n}{n}' },
      body: {
        n: '{n}',
        deep: [{ text: '{text}' }, '{nothing}'],
        json: '{"a":{"b":{n}}}',
        ids: '{c[].id}',
        plain: 5,
      },
      list: ['{n}', 'n{n}', '{nothing}'],
    };
    expect(fillPlaceholders(options, schema, fill)).toEqual({
      path: "/7/a%2Fb%2C%C3%BC'/x%3A1,2?q={other}",
      query: "SELECT 7, 'a/b,ü''', NULL",
      headers: { 'X-N': '7', both: '77' },
      body: { n: 7, deep: [{ text: "a/b,ü'" }, null], json: '{"a":{"b":7}}', ids: 'x:1,2', plain: 5 },
      list: [7, 'n7', 'null'],
    });
  });
});

describe('a date format', () => {
  it.each([
    ['yyyy-MM-dd', '2026-03-04'],
    ['d.M.yyyy', '4.3.2026'],
    ["yyyyMMdd'T'HHmmss'Z'", '20260304T050607Z'],
  ])('writes an instant in UTC: %s', (format, written) => {
    expect(dateFormat(format)(Date.parse('2026-03-04T05:06:07.89Z'))).toBe(written);
  });
});
