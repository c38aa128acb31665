import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { basisOf, mappingOf } from '../../src/config/basis.ts';
import type { PipelineConfig } from '../../src/config/config.ts';
import { showConfig } from '../../src/config/show.ts';
import { around, complaints, load, plugins, write } from './load-text.ts';

const streamText = (incremental: string) =>
  around('').replace('primary_key: id', `primary_key: id, incremental: ${incremental}`);

async function incremental(text: string) {
  return (await load(streamText(text))).sources.get('export')?.streams.get('campaigns')?.incremental;
}

async function pipeline(text: string): Promise<PipelineConfig> {
  const found = (await load(text)).pipelines.get('campaigns');
  if (found === undefined) throw new Error('the pipeline is missing');
  return found;
}

describe('incremental', () => {
  it('has its defaults', async () => {
    expect(await incremental('{ cursor_field: updated_at }')).toEqual({
      cursor_field: 'updated_at',
      order: 'none',
      on_missing: 'error',
    });
  });

  it('reads databases in order', async () => {
    const text = streamText('{ cursor_field: at }')
      .replace('type: file,', 'type: libsql, url: "file:a.db",')
      .replace('path: data/campaigns.json', 'table: campaigns');
    expect((await load(text)).sources.get('export')?.streams.get('campaigns')?.incremental?.order).toBe(
      'ascending',
    );
  });

  it.each([
    ['2024-01-01', '2024-01-01'],
    ['"2024-01-01T00:00:00+02:00"', '2024-01-01T00:00:00+02:00'],
    ['-90d', '-90d'],
    ['-90', '-90'],
    ['1700000000', '1700000000'],
    ['"9007199254740993"', '9007199254740993'],
    ['01J', '01J'],
  ])('keeps initial %s as text', async (written, initial) => {
    expect((await incremental(`{ cursor_field: a, initial: ${written} }`))?.initial).toBe(initial);
  });

  it.each([
    ['1h', 3_600_000],
    ['100', 100],
    ['"100"', 100],
    ['0', 0],
  ])('takes lookback %s as a duration or a number', async (written, lookback) => {
    expect((await incremental(`{ cursor_field: a, lookback: ${written} }`))?.lookback).toBe(lookback);
  });

  it.each([
    ['{}', ['config/required']],
    ['updated_at', ['config/type']],
    ['{ cursor_field: "a[" }', ['config/path']],
    ['{ cursor_field: a, initial: 2024-02-30 }', ['config/value']],
    ['{ cursor_field: a, initial: "2024-01-01T25:00:00Z" }', ['config/value']],
    ['{ cursor_field: a, initial: -90x }', ['config/value']],
    ['{ cursor_field: a, lookback: 1hour }', ['config/pattern']],
    ['{ cursor_field: a, lookback: -1 }', ['config/limit']],
    ['{ cursor_field: a, lookback: 999999999mo }', ['config/limit']],
    ['{ cursor_field: a, order: descending }', ['config/enum']],
    ['{ cursor_field: a, on_missing: skip }', ['config/enum']],
    ['{ cursor_feild: a }', ['config/unknown_key']],
  ])('%s gives %j', async (text, codes) => {
    expect((await complaints(streamText(text))).map((line) => line.split(' ')[0])).toEqual(codes);
  });

  it('is shown as it is understood', async () => {
    const text = streamText('{ cursor_field: at, initial: 2024-01-01, lookback: 1h }').replace(
      'to: db.campaigns',
      'to: db.campaigns\n    rejects: { max: 7.5% }\n    fresh_for: 6h\n    full_every: 7d',
    );
    const shown = await showConfig(write(text));
    expect(parse(shown)).toMatchObject({
      sources: {
        export: { streams: { campaigns: { incremental: { initial: '2024-01-01', lookback: 3_600_000 } } } },
      },
      pipelines: { campaigns: { rejects: { max: '7.5%' }, fresh_for: '6h', full_every: '7d' } },
    });
    expect(await showConfig(write(shown))).toBe(shown);
  });
});

describe('a pipeline', () => {
  it('may tell how many rejects it bears, how long it is fresh, and when it reads all', async () => {
    expect(await pipeline(around(''))).toMatchObject({ rejects: { max: { percent: 5 } } });
    expect(await pipeline(around('rejects: { max: 20 }\nfresh_for: 6h\nfull_every: 1w'))).toMatchObject({
      rejects: { max: { rows: 20 } },
      fresh_for: 21_600_000,
      full_every: 604_800_000,
    });
    expect((await pipeline(around('rejects: { max: "100%" }'))).rejects.max).toEqual({ percent: 100 });
  });

  it.each(['-1', '101%', '1.5', '5 %', 'many'])('bears no %s rejects', async (max) => {
    expect(await complaints(around(`rejects: { max: ${max} }`))).toHaveLength(1);
  });
});

describe('after', () => {
  const three = (a: string, b: string, c: string) => {
    const lines = [a, b, c].map((after, index) => {
      const name = 'abc'.charAt(index);
      return `  ${name}: { from: export.a, to: out.${name}${after && `, after: ${after}`} }`;
    });
    return `version: 1\nsources: { export: { type: file, streams: { a: a.json } } }\nsinks: { out: { type: file, dir: out } }\npipelines:\n${lines.join('\n')}\n`;
  };

  it.each([
    ['', { pipelines: [], if_upstream_fails: 'skip' }],
    ['a', { pipelines: ['a'], if_upstream_fails: 'skip' }],
    ['[a, b]', { pipelines: ['a', 'b'], if_upstream_fails: 'skip' }],
    ['{ pipelines: a }', { pipelines: ['a'], if_upstream_fails: 'skip' }],
    ['{ pipelines: [b], if_upstream_fails: run }', { pipelines: ['b'], if_upstream_fails: 'run' }],
  ])('%j is spelled out', async (text, after) => {
    expect((await load(three('', '', text))).pipelines.get('c')?.after).toEqual(after);
  });

  it('allows a pipeline to be reached by two ways', async () => {
    expect(await complaints(three('', 'a', '[a, b]'))).toEqual([]);
  });

  it('refuses rings, each once, and shows them', async () => {
    expect(await complaints(three('c', 'a', '[b, a]'))).toEqual([
      'config/cycle pipelines.a.after: these pipelines wait for one another: a → c → b → a',
      'config/cycle pipelines.a.after: these pipelines wait for one another: a → c → a',
    ]);
    expect(await complaints(three('', '', 'c'))).toEqual([
      'config/cycle pipelines.c.after: "c" would come after itself',
    ]);
  });

  it('names pipelines that are there', async () => {
    expect(await complaints(three('', '', '[a, bb]'))).toEqual([
      'config/reference pipelines.c.after[1]: there is no pipeline named "bb"',
    ]);
  });
});

describe('the basis of a cursor', () => {
  const crm = (keys: string, stream = '', source = '') => `version: 1
sources:
  crm:
    type: ${join(plugins, 'crm.ts')}
    account: acme
${source}    token: \${TOKEN}
    streams: { notes: { path: /notes, primary_key: id, incremental: { cursor_field: at }${stream} } }
sinks: { db: { type: libsql, url: "file:a.db" } }
pipelines:
  campaigns: { from: crm.notes, to: db.notes${keys} }
`;
  const basis = async (text: string, token = 't1') => {
    const found = (await load(text, { TOKEN: token })).pipelines.get('campaigns');
    return found === undefined ? undefined : basisOf(found);
  };

  it('is the same for the same reading, however it is written', async () => {
    const known = await basis(crm(''));
    expect(await basis(crm(', primary_key: [id], mode: upsert, batch_size: 5, tags: [a]'))).toBe(known);
    expect(await basis(crm('', '', '    page_size: 100\n'))).toBe(known);
    expect(known).not.toContain('t1');
    expect(await basis(crm(''), 't2')).toBe(known);
  });

  it.each([
    [', where: active', '', ''],
    [', where: { expr: "record.n > 1" }', '', ''],
    [', each: items, primary_key: id', '', ''],
    [', mode: append', '', ''],
    [', primary_key: name', '', ''],
    ['', ', limit: 5', ''],
    ['', '', '    page_size: 99\n'],
  ])('is another one with %j%j%j', async (keys, stream, source) => {
    expect(await basis(crm(keys, stream, source))).not.toBe(await basis(crm('')));
  });

  it('is another one for another cursor field, order or target', async () => {
    const known = await basis(crm(''));
    expect(await basis(crm('').replace('cursor_field: at', 'cursor_field: on'))).not.toBe(known);
    expect(
      await basis(crm('').replace('{ cursor_field: at', '{ order: ascending, cursor_field: at')),
    ).not.toBe(known);
    expect(await basis(crm('').replace('db.notes', 'db.others'))).not.toBe(known);
  });

  it('leaves out how rows are made, which a position depends on', async () => {
    const plain = await pipeline(around('map: { id: id, a: a }'));
    const mapped = await pipeline(around('map: { id: id, a: { from: a, type: integer } }'));
    expect(basisOf(mapped)).toBe(basisOf(plain));
    expect(mappingOf(mapped)).not.toBe(mappingOf(plain));
    expect(mappingOf(await pipeline(around('map: { id: id, a: a }\nwhere: a')))).toBe(mappingOf(plain));
  });
});
