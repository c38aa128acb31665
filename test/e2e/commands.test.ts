import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/model/codes.ts';
import { cli, folderWith, root, syncline } from './cli.ts';

const config = `version: 1
sources: { files: { type: file, streams: { people: people.json } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  people:
    from: files.people
    to: db.people
    primary_key: email
    map: { email: mail, first: { expr: "record.name.split(' ')[0]" }, age: { from: age, type: integer } }
`;

const files = {
  'sync.config.yaml': config,
  'people.json': JSON.stringify([
    { mail: 'ann@x.io', name: 'Ann Lee', age: 30 },
    { mail: 'bob@x.io', name: 'Bob', age: 'old' },
  ]),
};

describe('validate', () => {
  it('says what is valid, and opens nothing', async () => {
    const folder = await folderWith(files);
    const { code, stdout } = await syncline(folder, ['validate']);
    expect(code).toBe(0);
    expect(stdout).toContain('sync.config.yaml is valid: 1 source, 1 sink, 1 pipeline');
    expect(existsSync(join(folder, 'sync.db'))).toBe(false);
    expect(existsSync(join(folder, '.syncline'))).toBe(false);
  });

  it('shows the mistake in its place, as text, JSON and for GitHub', async () => {
    const folder = await folderWith({ ...files, 'sync.config.yaml': config.replace('libsql', 'libsq') });
    const text = await syncline(folder, ['validate']);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain('error sinks.db.type: "libsq" is not one of:');
    expect(text.stderr).toContain('→ sync.config.yaml:3:22');
    expect(text.stderr).toContain('did you mean "libsql"?');
    const json = await syncline(folder, ['validate', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      errors: [{ code: 'config/enum', line: 3, column: 22 }],
    });
    const github = await syncline(folder, ['validate', '--format', 'github']);
    expect(github.stdout).toMatch(/^::error file=sync\.config\.yaml,line=3,col=22/);
  });

  it('prints one document for several files, and ends it with one line end', async () => {
    const folder = await folderWith({
      ...files,
      'one.yaml': config.replace('libsql', 'libsq'),
      'two.yaml': config.replace('type: file', 'type: fil'),
    });
    const { code, stdout } = await syncline(folder, ['validate', 'one.yaml', 'two.yaml', '--json']);
    expect(code).toBe(2);
    const { ok, errors } = JSON.parse(stdout) as { ok: boolean; errors: { file: string }[] };
    expect({ ok, files: errors.map(({ file }) => file) }).toEqual({
      ok: false,
      files: ['one.yaml', 'two.yaml'],
    });
    const text = await execa(process.execPath, [cli, 'validate', 'one.yaml'], {
      cwd: folder,
      env: { LANG: 'C.UTF-8' },
      reject: false,
      stripFinalNewline: false,
    });
    expect(text.stderr).toMatch(/[^\n]\n$/);
  });

  it('draws with ASCII where the locale has no more', async () => {
    const folder = await folderWith({ ...files, 'sync.config.yaml': config.replace('libsql', 'libsq') });
    const { stderr } = await syncline(folder, ['validate'], { LC_ALL: 'C' });
    expect(stderr).toContain('-> sync.config.yaml:3:22');
    expect(stderr).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it('refuses names that are only a number: they would lose their order', async () => {
    const folder = await folderWith({
      ...files,
      'sync.config.yaml': config.replace('\n  people:\n', '\n  2024:\n'),
    });
    const { code, stderr } = await syncline(folder, ['validate']);
    expect(code).toBe(2);
    expect(stderr).toContain('"2024" cannot be a name');
    expect(stderr).toContain('is not only a number');
  });

  it('checks a file that is named', async () => {
    const folder = await folderWith({ ...files, 'other.yaml': 'version: 2\n' });
    const { code, stderr } = await syncline(folder, ['validate', 'other.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('other.yaml:1');
  });
});

describe('preview', () => {
  it('shows records beside their rows and rejects, and writes nothing', async () => {
    const folder = await folderWith(files);
    const { code, stdout } = await syncline(folder, ['preview', 'people']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/first +string +"Ann"/);
    expect(stdout).toContain('rejected: age: "old" is not an integer');
    expect(stdout).toContain('2 records: 1 row, 1 rejected. Nothing was written.');
    expect(existsSync(join(folder, 'sync.db'))).toBe(false);
  });

  it('prints the same as JSON', async () => {
    const folder = await folderWith(files);
    const { stdout } = await syncline(folder, ['preview', 'people', '--limit', '1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      batches: [{ read: 1 }],
      records: [
        {
          record: { mail: 'ann@x.io', name: 'Ann Lee', age: 30 },
          rows: [{ email: 'ann@x.io', first: 'Ann', age: 30 }],
          rejects: [],
          skipped: 0,
          deleted: false,
        },
      ],
    });
  });
});

describe('looking things up', () => {
  it('lists the plugins, and shows the options of one', async () => {
    const list = await syncline(root, ['plugins', 'list', '--json']);
    expect((JSON.parse(list.stdout) as { name: string }[]).map(({ name }) => name)).toEqual([
      'file',
      'google_contacts',
      'google_sheets',
      'http',
      'instantly',
      'libsql',
      'linkedin_ads',
      'postgres',
      'stdout',
      'supabase',
    ]);
    const show = await syncline(root, ['plugins', 'show', 'file']);
    expect(show.stdout).toContain('file as a source');
    expect(show.stdout).toContain('records');
    expect((await syncline(root, ['plugins', 'show', 'flie'])).code).toBe(2);
  });

  it('explains every code an error can have', async () => {
    const all = await syncline(root, ['explain']);
    const listed = all.stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(listed).toEqual(Object.keys(errorCodes));
    const one = await syncline(root, ['explain', 'config/enum']);
    expect(one.stdout.split('\n').length).toBeGreaterThan(2);
    const wrong = await syncline(root, ['explain', 'config/enun']);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('did you mean "config/enum"?');
  });

  it('shows the config with its defaults and where they come from', async () => {
    const folder = await folderWith(files);
    const { stdout } = await syncline(folder, ['config', 'show', '--origin']);
    expect(stdout).toMatch(/batch_size: 1000 +# default/);
    expect(stdout).toMatch(/primary_key: .*# sync\.config\.yaml:8/);
  });

  it('writes the schema that is committed', async () => {
    const folder = await folderWith({});
    expect((await syncline(folder, ['schema', '--write', 'schema.json'])).code).toBe(0);
    const written = await readFile(join(folder, 'schema.json'), 'utf8');
    expect(written).toBe(await readFile(join(root, 'schemas/sync.config.schema.json'), 'utf8'));
  });

  it('says so when the schema cannot be written', async () => {
    const folder = await folderWith({ taken: '' });
    const { code, stderr } = await syncline(folder, ['schema', '--write', 'taken/schema.json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('[usage/unwritable]') });
  });

  it('takes variables from a file that is named', async () => {
    const text = config.replace('people.json', '"${FILE}"');
    const folder = await folderWith({ 'sync.config.yaml': text, 'some.env': 'FILE=people.json\n' });
    expect((await syncline(folder, ['validate'])).code).toBe(2);
    for (const flag of ['--env', '--env-file'])
      expect((await syncline(folder, ['validate', flag, 'some.env'])).code).toBe(0);
    // Node refuses a missing file under the other name by itself, with a code of its own.
    const { code, stderr } = await syncline(folder, ['validate', '--env', 'none.env']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('none.env') });
  });

  it('answers wrong usage with 2 and help with 0', async () => {
    expect((await syncline(root, ['--help'])).code).toBe(0);
    expect((await syncline(root, ['rnu'])).code).toBe(2);
    expect((await syncline(root, ['run', '--max-records', 'many'])).code).toBe(2);
    expect((await syncline(root, ['rejects', 'show', '--limit', '0'])).code).toBe(2);
    expect((await syncline(root, ['preview', 'people', '--limit', '0'])).code).toBe(2);
    expect((await syncline(root, ['run'], { SYNCLINE_CONFIG: 'nowhere.yaml' })).code).toBe(2);
  });
});
