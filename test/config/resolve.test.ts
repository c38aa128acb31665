import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { around, complaints, load, plugins } from './load-text.ts';

const crm = join(plugins, 'crm.ts');

async function pipeline(keys: string, sink?: string) {
  const config = await load(around(keys, sink));
  const found = config.pipelines.get('campaigns');
  if (found === undefined) throw new Error('the pipeline is missing');
  return found;
}

describe('a config', () => {
  it('of the smallest kind is whole, with every default', async () => {
    const config = await load(`version: 1
sources:
  export: { type: file, streams: { campaigns: data/campaigns.json } }
sinks:
  db: { type: libsql, url: file:data/sync.db }
pipelines:
  campaigns: { from: export.campaigns, to: db.campaigns, primary_key: id }
`);
    expect(config.state).toBe(join(config.directory, '.syncline/state.db'));
    expect(config.sources.get('export')?.streams.get('campaigns')?.options.path).toBe('data/campaigns.json');
    expect(config.pipelines.get('campaigns')).toMatchObject({
      target: 'campaigns',
      mode: 'upsert',
      primary_key: ['id'],
      rest: 'drop',
      merge: { fields: new Map(), others: { type: 'overwrite' } },
      schema_contract: 'evolve',
      batch_size: 1000,
      columns: { run_id: '_run_id', synced_at: '_synced_at' },
      enabled: true,
      tags: [],
    });
    expect(config.warnings).toEqual([]);
  });

  it('keeps the order of its pipelines', async () => {
    const names = ['zebra', 'apple', 'mango'];
    const lines = names.map((name) => `  ${name}: { from: export.a, to: out.${name} }`).join('\n');
    const text = `version: 1\nsources: { export: { type: file, streams: { a: a.json } } }\nsinks: { out: { type: file, dir: out } }\npipelines:\n${lines}\n`;
    expect([...(await load(text)).pipelines.keys()]).toEqual(names);
  });

  it('splits `to` at its first dot', async () => {
    const text = around('', '{ type: file, dir: out }').replace('db.campaigns', 'db.campaigns.v2.csv');
    expect((await load(text)).pipelines.get('campaigns')?.target).toBe('campaigns.v2.csv');
  });
});

describe('options', () => {
  const text = (options: string) => `version: 1
sources:
  crm: { type: ${crm}, account: acme, ${options} streams: { notes: /notes, all: { path: /all, limit: 5 } } }
sinks: { out: { type: file, dir: out } }
pipelines: { notes: { from: crm.notes, to: out.notes } }
`;

  it('hold the defaults of their plugin, nested ones too', async () => {
    const source = (await load(text(''))).sources.get('crm');
    expect({ ...source?.options }).toEqual({
      account: 'acme',
      page_size: 100,
      archived: false,
      retry: { attempts: 3 },
    });
    expect({ ...source?.streams.get('notes')?.options }).toEqual({ path: '/notes', limit: 1000 });
    expect({ ...source?.streams.get('all')?.options }).toEqual({ path: '/all', limit: 5 });
  });

  it('take the type they ask for from a variable', async () => {
    const options = 'page_size: "${SIZE}", archived: ${OLD}, retry: { attempts: "${TRIES:-7}" },';
    const quoted = options.replace(': ${OLD}', ': "${OLD}"');
    const source = (await load(text(quoted), { SIZE: '8', OLD: 'true' })).sources.get('crm');
    expect(source?.options).toMatchObject({ page_size: 8, archived: true, retry: { attempts: 7 } });
  });

  it('keep text that looks like a number where text is asked for', async () => {
    const source = (await load(text('').replace('acme', '"${ACCOUNT}"'), { ACCOUNT: '007' })).sources.get(
      'crm',
    );
    expect(source?.options.account).toBe('007');
  });

  it('marked secret are remembered, and a warning when they are written out', async () => {
    const literal = await load(text('token: s3cr3t,'));
    expect([...literal.secrets]).toEqual(['s3cr3t']);
    expect(literal.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'config/secret sources.crm.token',
    ]);
    const variable = await load(text('token: "${TOKEN}",'), { TOKEN: 'fr0m-env' });
    expect([...variable.secrets]).toEqual(['fr0m-env']);
    expect(variable.warnings).toEqual([]);
  });
});

describe('a secret', () => {
  it('from a file is in no message, however long it is', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'syncline-secret-')), 'token');
    writeFileSync(file, 'hidden'.repeat(40));
    const found = await complaints(around(`batch_size: "\${file:${file}}"`));
    expect(found).toEqual(['config/type pipelines.campaigns.batch_size: expected a whole number, got "•••"']);
  });

  it('of a plugin is in no message', async () => {
    const text = around('').replace('type: file', `type: ${crm}, account: a, token: [hidden]`);
    expect(await complaints(text)).toEqual([
      'config/type sources.export.token: expected text, got its value',
      'config/secret sources.export.token[0]: a secret is written out in the config, where everyone who reads the file sees it',
    ]);
  });
});

describe('defaults', () => {
  const text = (entry: string) => `version: 1
defaults:
  source: { account: shared, retry: { attempts: 9 } }
  pipeline: { schema_contract: freeze, checks: { a: { type: string }, b: { type: string } } }
sources:
  crm: { type: ${crm}, account: own, streams: { notes: /notes } }
sinks: { out: { type: file, dir: out } }
pipelines: { notes: { from: crm.notes, to: out.notes${entry} } }
`;

  it('lie under every entry, deeply', async () => {
    const config = await load(text(', checks: { b: { type: number } }'));
    expect(config.sources.get('crm')?.options).toMatchObject({ account: 'own', retry: { attempts: 9 } });
    const { schema_contract, checks } = config.pipelines.get('notes') ?? {};
    expect(schema_contract).toBe('freeze');
    expect([...(checks ?? [])].map(([name, check]) => [name, { ...(check as object) }])).toEqual([
      ['a', { type: 'string' }],
      ['b', { type: 'number' }],
    ]);
  });

  it('are removed by null', async () => {
    const config = await load(text(', schema_contract: null, checks: { a: null }'));
    expect(config.pipelines.get('notes')).toMatchObject({ schema_contract: 'evolve' });
    expect([...(config.pipelines.get('notes')?.checks.keys() ?? [])]).toEqual(['b']);
  });
});

describe('map', () => {
  it('takes the fields of the reference', async () => {
    const { fields } = await pipeline(`primary_key: email
map:
  email: mail
  name: { from: names.0.displayName, default: "" }
  sent: { from: stats.sent, type: integer, on_error: default, default: 0 }
  full_name: { expr: "coalesce(record.first, '') + ' ' + coalesce(record.last, '')" }
  origin: { value: instantly }
  raw_json: { from: $, type: json }
`);
    expect(fields).toEqual([
      { column: 'email', from: 'mail' },
      { column: 'name', from: 'names.0.displayName', default: '' },
      { column: 'sent', from: 'stats.sent', type: 'integer', on_error: 'default', default: 0 },
      { column: 'full_name', expr: "coalesce(record.first, '') + ' ' + coalesce(record.last, '')" },
      { column: 'origin', value: 'instantly' },
      { column: 'raw_json', from: '$', type: 'json' },
    ]);
  });

  it('reads `on_error: null` as the word, and `default: null` as null', async () => {
    const { fields } = await pipeline(
      'map: { id: id, a: { from: a, type: integer, on_error: null, default: null } }',
    );
    expect(fields?.[1]).toEqual({ column: 'a', from: 'a', type: 'integer', on_error: 'null', default: null });
  });

  it('may have a column named __proto__', async () => {
    const { fields } = await pipeline(
      'map: { id: id, __proto__: a, constructor: b }\nmerge: { __proto__: max }',
    );
    expect(fields?.map(({ column }) => column)).toEqual(['id', '__proto__', 'constructor']);
  });
});

describe('the primary key', () => {
  it.each([
    ['its own', 'primary_key: [a, b]', ['a', 'b']],
    ["the stream's, without map", '', ['id']],
    ["the stream's, under another name", 'map: { campaign_id: id, status: status }', ['campaign_id']],
    ["the stream's, among what `rest` keeps", 'map: { state: status }\nrest: keep', ['id']],
  ])('is %s', async (_name, keys, expected) => {
    expect((await pipeline(keys)).primary_key).toEqual(expected);
  });

  it('is empty where the key of the stream is not mapped, and none is needed', async () => {
    expect((await pipeline('mode: append\nmap: { status: status }')).primary_key).toEqual([]);
  });
});

describe('the mode', () => {
  it.each([
    ['upsert', '{ type: libsql, url: "file:a.db" }'],
    ['replace', '{ type: file, dir: out }'],
    ['append', '{ type: stdout }'],
  ])('is %s by default for %s', async (mode, sink) => {
    expect((await pipeline('', sink)).mode).toBe(mode);
  });
});

describe('merge', () => {
  it('names strategies, and the column that `newest` goes by merges by max', async () => {
    const { merge } = await pipeline(
      'merge: { "*": keep_edits, status: { newest: { by: changed } }, tags: union }',
    );
    expect(merge.others).toEqual({ type: 'keep_edits' });
    expect(Object.fromEntries(merge.fields)).toEqual({
      status: { type: 'newest', by: 'changed' },
      tags: { type: 'union' },
      changed: { type: 'max' },
    });
  });

  it('takes a function from a file', async () => {
    const path = join(plugins, 'longer.ts');
    const { merge } = await pipeline(`merge: { note: ${path} }`);
    expect(merge.fields.get('note')).toEqual({ type: 'function', path });
  });
});

describe('replace_within', () => {
  it('knows the parent by the key columns that come from $record', async () => {
    const { within, primary_key } = await pipeline(
      'each: lines\nreplace_within: true\nprimary_key: [order_id, line]\nmap: { order_id: $record.id, line: line }',
    );
    expect(primary_key).toEqual(['order_id', 'line']);
    expect(within).toEqual(['order_id']);
  });
});

describe('columns', () => {
  it('may be renamed and left out', async () => {
    expect((await pipeline('columns: { run_id: run, synced_at: false }')).columns).toEqual({ run_id: 'run' });
  });
});
