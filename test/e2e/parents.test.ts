import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { slowCases } from '../counts.ts';
import { edit, folderWith, query, syncline } from './cli.ts';

/**
 * A source of the arrays in `data.json`, by path. It writes down what is asked of it, and ends its process at the page
 * whose number is in `kill.txt`.
 */
const plugin = `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSource } from 'syncline';
const anything = { type: 'object', additionalProperties: { description: 'Anything.' } } as const;
export const source = defineSource({
  name: 'arrays', summary: 'Reads arrays.', shortForm: 'path', ranges: true,
  options: { type: 'object', properties: { parallel: { type: 'integer', default: 1 } }, additionalProperties: false },
  streamOptions: {
    type: 'object',
    properties: { path: { type: 'string', 'x-encode': 'uri' }, params: anything, resumable: { type: 'boolean', default: true } },
    additionalProperties: false,
  },
  async open({ parallel }, { directory }) {
    const data = JSON.parse(readFileSync(join(directory, 'data.json'), 'utf8'));
    const kill = existsSync(join(directory, 'kill.txt')) ? Number(readFileSync(join(directory, 'kill.txt'), 'utf8')) : -1;
    let asked = 0;
    return {
      parallel,
      async *read({ options: { path, params, resumable }, position, batch: { rows } }) {
        appendFileSync(join(directory, 'reads.log'), path + (params ? ' ' + JSON.stringify(params) : '') + '\\n');
        const records = data[path];
        if (records === undefined) throw new Error('nothing is at ' + path);
        const size = Math.min(2, rows);
        for (let at = Number(position ?? 0); at === 0 || at < records.length; at += size) {
          if (asked++ === kill) process.kill(process.pid, 'SIGKILL');
          const next = resumable ? at + size : undefined;
          yield { records: records.slice(at, at + size), bytes: 10, position: next };
        }
      },
      async close() {},
    };
  },
});
`;

const head = (streams: string, options = '') => `version: 1
sources: { crm: { type: ./arrays.ts, ${options} streams: {
${streams}
  } } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { columns: { run_id: false, synced_at: false } } }
`;

type Data = { readonly [path: string]: readonly object[] };

async function started(config: string, data: Data): Promise<string> {
  const files = { 'sync.config.yaml': config, 'arrays.ts': plugin, 'data.json': JSON.stringify(data) };
  return folderWith(files);
}

async function run(folder: string, ...args: string[]): Promise<RunResult> {
  const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args]);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as RunResult;
}

const rows = (folder: string, sql: string) => query(join(folder, 'sync.db'), sql);

/** What was asked of the source since the last time. */
async function reads(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'reads.log'), 'utf8');
  await writeFile(join(folder, 'reads.log'), '');
  return text.trim().split('\n');
}

const noteStreams = `  contacts: { path: /contacts, primary_key: id },
  notes: "/contacts/{contacts.id}/notes",
  calls: "/contacts/{contacts.id}/calls"`;

const contacts = [
  { id: 'a/b', name: 'Ann' },
  { id: 'c', name: 'Cid' },
  { id: 'd', name: 'Dee' },
];
const data: Data = {
  '/contacts': contacts,
  '/contacts/a%2Fb/notes': [
    { id: 1, text: 'x' },
    { id: 2, text: 'y' },
    { id: 3, text: 'z' },
  ],
  '/contacts/c/notes': [],
  '/contacts/d/notes': [{ id: 1, text: 'w' }],
  '/contacts/a%2Fb/calls': [{ id: 7 }],
  '/contacts/c/calls': [{ id: 8 }],
  '/contacts/d/calls': [],
};

const notes = `  notes:
    from: crm.notes
    to: db.notes
    primary_key: [contact, id]
    map: { contact: $parent.id, id: id, text: text, name: { expr: "text(parent.name) + '!'" } }
`;

describe('a stream with a parent', () => {
  it('is read for each of its records, which are fetched once per run for all who need them', async () => {
    const config = `${head(noteStreams)}pipelines:
  contacts: { from: crm.contacts, to: db.contacts }
${notes}  calls: { from: crm.calls, to: db.calls, primary_key: id }
  loud: { from: crm.notes, to: db.loud, mode: append, where: { expr: "parent.name == 'Dee'" } }
`;
    const folder = await started(config, data);
    expect(await run(folder)).toMatchObject({ status: 'succeeded' });
    const asked = await reads(folder);
    expect(asked.filter((path) => path === '/contacts')).toHaveLength(1);
    expect(asked.filter((path) => path === '/contacts/a%2Fb/notes')).toHaveLength(2);
    expect(rows(folder, 'SELECT * FROM notes ORDER BY contact, id')).toEqual([
      ['a/b', 1, 'x', 'Ann!'],
      ['a/b', 2, 'y', 'Ann!'],
      ['a/b', 3, 'z', 'Ann!'],
      ['d', 1, 'w', 'Dee!'],
    ]);
    expect(rows(folder, 'SELECT id FROM calls ORDER BY id')).toEqual([[7], [8]]);
    expect(rows(folder, 'SELECT text FROM loud')).toEqual([['w']]);
    expect(rows(folder, 'SELECT count(*) FROM contacts')).toEqual([[3]]);
  });

  it('is planned and previewed like any other', async () => {
    const folder = await started(`${head(noteStreams)}pipelines:\n${notes}`, data);
    const plan = await syncline(folder, ['plan', '--json']);
    expect(JSON.parse(plan.stdout)).toMatchObject({ pipelines: { notes: { inserted: 4 } } });
    const preview = await syncline(folder, ['preview', 'notes', '--json']);
    expect(preview.stdout).toContain('Dee!');
  });

  it('fails with its parent, and deletes nothing then', async () => {
    const config = `${head(noteStreams)}pipelines:\n${notes.replace('notes:\n', 'notes:\n    mode: mirror\n')}`;
    const folder = await started(config, data);
    await run(folder);
    await writeFile(join(folder, 'data.json'), JSON.stringify({ ...data, '/contacts': undefined }));
    const { pipelines } = await run(folder);
    expect(pipelines.notes).toMatchObject({ status: 'failed', deleted: 0 });
    expect(pipelines.notes?.error?.message).toContain('nothing is at /contacts');
    expect(rows(folder, 'SELECT count(*) FROM notes')).toEqual([[4]]);
  });

  it('keeps with a reject the parent it was read for, so that a retry maps it the same', async () => {
    const checks = '    checks: { text: { const: never } }\n';
    const folder = await started(
      `${head(noteStreams)}pipelines:\n${notes}`.replace('map:', `rejects: { max: 9 }\n${checks}    map:`),
      data,
    );
    expect(await run(folder)).toMatchObject({ status: 'partial', pipelines: { notes: { rejected: 4 } } });
    const config = join(folder, 'sync.config.yaml');
    await writeFile(config, (await readFile(config, 'utf8')).replace(checks, ''));
    expect(await syncline(folder, ['rejects', 'retry', 'notes'])).toMatchObject({ code: 0 });
    expect(rows(folder, 'SELECT contact, id, name FROM notes ORDER BY contact, id')).toEqual([
      ['a/b', 1, 'Ann!'],
      ['a/b', 2, 'Ann!'],
      ['a/b', 3, 'Ann!'],
      ['d', 1, 'Dee!'],
    ]);
  });
});

describe('replace_within', () => {
  it('removes the rows of a parent that it does not have any more, all of them when none is left', async () => {
    const config = `${head(noteStreams)}pipelines:\n${notes}    replace_within: true\n    batch_size: 2\n`;
    const folder = await started(config, data);
    await run(folder);
    edit(join(folder, 'sync.db'), `INSERT INTO notes VALUES ('gone', 5, 'kept', 'no parent of it is read')`);
    const later = {
      ...data,
      '/contacts/a%2Fb/notes': [{ id: 2, text: 'new' }],
      '/contacts/d/notes': [],
      '/contacts/c/notes': [{ id: 9, text: 'first' }],
    };
    await writeFile(join(folder, 'data.json'), JSON.stringify(later));
    expect(await run(folder)).toMatchObject({
      pipelines: { notes: { deleted: 3, inserted: 1, updated: 1 } },
    });
    expect(rows(folder, 'SELECT contact, id, text FROM notes ORDER BY contact')).toEqual([
      ['a/b', 2, 'new'],
      ['c', 9, 'first'],
      ['gone', 5, 'kept'],
    ]);
  });
});

describe('placeholders', () => {
  it('hand over several parents at a time, each shaped and encoded, and parents have parents and partitions', async () => {
    const streams = `  accounts: { path: "/{site}/accounts", partitions: { site: [eu, us] } },
  campaigns: { path: "/{site}/accounts/{accounts.id}/campaigns", partitions: { site: [eu, us] } },
  stats: { path: "/stats/{campaigns[].id}", params: { ids: "{campaigns[].id}", one: 1 },
    parents: { batch: 2, as: "urn:c:{id}" }, partitions: { site: [eu, us] }, params: { site: "{site}", ids: "{campaigns[].id}" } }`;
    const config = `${head(streams.replace('params: { ids: "{campaigns[].id}", one: 1 },\n    ', ''), 'parallel: 2,')}pipelines:
  stats: { from: crm.stats, to: db.stats, mode: append }
`;
    const folder = await started(config, {
      '/eu/accounts': [{ id: 1 }, { id: 2 }],
      '/us/accounts': [],
      '/eu/accounts/1/campaigns': [{ id: 11 }],
      '/eu/accounts/2/campaigns': [{ id: 21 }, { id: 22 }],
      '/stats/urn%3Ac%3A11,urn%3Ac%3A21': [{ n: 1 }],
      '/stats/urn%3Ac%3A22': [{ n: 2 }],
    });
    expect(await run(folder)).toMatchObject({ status: 'succeeded' });
    expect(rows(folder, 'SELECT n FROM stats ORDER BY n')).toEqual([[1], [2]]);
    const asked = await reads(folder);
    expect(asked).toContain('/stats/urn%3Ac%3A11,urn%3Ac%3A21 {"site":"eu","ids":"urn:c:11,urn:c:21"}');
    expect(asked.filter((path) => path === '/eu/accounts')).toHaveLength(1);
  });

  it('keep the type of a value that stands alone, and name the window that is read', async () => {
    const streams = `  days: { path: /days, params: { at: "{window.start:yyyy-MM-dd}/{window.end:yyyy-MM-dd}", last: "{window.last}" },
    incremental: { cursor_field: day, initial: 2025-01-01, step: 7d } },
  notes: { path: /notes, params: { n: "{days.n}", text: "n={days.n}", from: "{window.start}" },
    incremental: { cursor_field: day, initial: 2025-01-01 } }`;
    const config = `${head(streams)}pipelines:
  days: { from: crm.days, to: db.days, primary_key: day }
  notes: { from: crm.notes, to: db.notes, primary_key: day }
`;
    const folder = await started(config, {
      '/days': [{ day: '2025-01-02', n: 5 }],
      '/notes': [{ day: '2025-01-03' }],
    });
    await run(folder, 'days', '--to', '2025-01-17');
    expect(await reads(folder)).toEqual([
      '/days {"at":"2025-01-01/2025-01-08","last":"2025-01-07"}',
      '/days {"at":"2025-01-08/2025-01-15","last":"2025-01-14"}',
      '/days {"at":"2025-01-15/2025-01-17","last":"2025-01-16"}',
    ]);
    await run(folder, 'notes');
    expect(await reads(folder)).toContain('/notes {"n":5,"text":"n=5","from":"2025-01-01T00:00:00.000Z"}');
  });
});

describe('partitions of which one target takes each and another all', () => {
  const streams = (stats: string) => `  accounts: /accounts,
  stats: { path: "/{kind}/{accounts.id}", partitions: { kind: [a, b] }, ${stats} }`;
  const config = (stats: string) => `${head(streams(stats))}pipelines:
  stats: { from: crm.stats, to: [db.each, { target: db.whole, mode: replace }], primary_key: [kind, n], map: { kind: $partition.kind, n: n } }
`;
  const all: Data = {
    '/accounts': [{ id: 1 }],
    '/a/1': [{ n: 1 }, { n: 2 }, { n: 3 }],
    '/b/1': [{ n: 1 }],
  };

  it.each([
    ['whole', ''],
    [
      'from a window that is the same for all',
      'params: { from: "{window.start:yyyy}" }, incremental: { cursor_field: day, initial: 2025-01-01, on_missing: include }',
    ],
  ])('are read once, %s', async (_, stats) => {
    const folder = await started(config(stats), all);
    expect(await run(folder)).toMatchObject({ status: 'succeeded', pipelines: { stats: { read: 8 } } });
    expect((await reads(folder)).map((asked) => asked.split(' ')[0])).toEqual(['/accounts', '/a/1', '/b/1']);
    for (const table of ['each', 'whole'])
      expect(rows(folder, `SELECT kind, n FROM ${table} ORDER BY kind, n`)).toEqual([
        ['a', 1],
        ['a', 2],
        ['a', 3],
        ['b', 1],
      ]);
  });

  it('are read again where one of them reads only what is new', async () => {
    const records = all['/a/1']?.map((record) => ({ ...record, day: '2025-01-02' })) ?? [];
    const stats =
      'params: { from: "{window.start:yyyy-MM-dd}" }, incremental: { cursor_field: day, initial: 2025-01-01 }';
    const folder = await started(config(stats), { ...all, '/a/1': records, '/b/1': records });
    await run(folder);
    await reads(folder);
    expect(await run(folder)).toMatchObject({ status: 'succeeded' });
    expect((await reads(folder)).slice(1).sort()).toEqual([
      '/a/1 {"from":"2025-01-01"}',
      '/a/1 {"from":"2025-01-02"}',
      '/b/1 {"from":"2025-01-01"}',
      '/b/1 {"from":"2025-01-02"}',
    ]);
    expect(rows(folder, 'SELECT count(*) FROM whole')).toEqual([[6]]);
  });
});

describe('a walk over many parents', () => {
  it('reads beyond what is held in memory, and leaves no file behind', async () => {
    const many = Array.from({ length: 12_000 }, (_, id) => ({ id, kind: id % 3 }));
    const streams = `  things: /things,
  kinds: { path: /none, params: { ids: "{things[].id}" }, parents: { batch: 4000 } }`;
    const folder = await started(
      `${head(streams)}pipelines: { kinds: { from: crm.kinds, to: db.kinds, mode: append } }\n`,
      { '/things': many, '/none': [{ n: 1 }] },
    );
    const { code, stderr } = await syncline(folder, ['run', '--quiet'], { TMPDIR: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(rows(folder, 'SELECT count(*) FROM kinds')).toEqual([[3]]);
    expect((await reads(folder)).at(-1)).toContain(',11998,11999"');
    expect((await readdir(folder)).filter((file) => /^syncline-/.test(file))).toEqual([]);
  });

  it('ends with the same rows wherever it is killed, and whatever the batches', async () => {
    const parents = Array.from({ length: 9 }, (_, id) => ({ id }));
    const entries = parents.map(({ id }) => {
      const records = Array.from({ length: (id * 7) % 5 }, (_, n) => ({ id: `${id}-${n}`, n }));
      return [`/contacts/${id}/notes`, records] as const;
    });
    const model = entries.flatMap(([, records]) => records.map(({ id }) => [id, Number(id.split('-')[0])]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(24), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (kills, batch_size, parallel) => {
          const pipeline = (mode: string) =>
            `{ from: crm.notes, to: db.${mode}, mode: ${mode}, primary_key: id, map: { id: id, parent: $parent.id }, batch_size: ${batch_size} }`;
          const config = `${head(noteStreams, `parallel: ${parallel},`)}pipelines: { a: ${pipeline('append')}, u: ${pipeline('upsert')}, m: ${pipeline('mirror')} }\n`;
          const folder = await started(config, { '/contacts': parents, ...Object.fromEntries(entries) });
          for (const kill of kills) {
            await writeFile(join(folder, 'kill.txt'), String(kill));
            await syncline(folder, ['run', '--quiet']);
          }
          await writeFile(join(folder, 'kill.txt'), '-1');
          await syncline(folder, ['run', '--quiet']);
          for (const table of ['upsert', 'mirror'])
            expect(rows(folder, `SELECT id, parent FROM ${table} ORDER BY id`)).toEqual(model);
          // A whole read adds all there is, each record once: as many times as reads were complete.
          const [[times] = []] = rows(folder, 'SELECT count(*) FROM append') as number[][];
          expect(Number(times) % model.length).toBe(0);
          expect(rows(folder, 'SELECT DISTINCT id, parent FROM append ORDER BY id')).toEqual(model);
        },
      ),
      { numRuns: slowCases },
    );
  });
});
