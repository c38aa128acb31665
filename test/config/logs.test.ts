import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/open.ts';
import { around, complaints, load, write } from './load-text.ts';

const withLogs = (logs: string, sink?: string) => `logs: ${logs}\n${around('primary_key: id', sink)}`;

describe('the key `logs`', () => {
  it('has defaults', async () => {
    const options = write(around('primary_key: id'));
    const { logs } = await loadConfig(options);
    expect(logs).toEqual({
      dir: join(options.directory, '.syncline/logs'),
      level: 'info',
      keep: 30 * 86_400_000,
      database: { level: 'warn', to: undefined },
    });
  });

  it('names a folder, a level, a time and a target', async () => {
    const { logs, sinks } = await load(
      withLogs(
        '{ dir: /var/log/sync, level: error, keep: 12h, database: { level: info, to: db.sync.logs } }',
      ),
    );
    expect(logs).toEqual({
      dir: '/var/log/sync',
      level: 'error',
      keep: 12 * 3_600_000,
      database: { level: 'info', to: { sink: sinks.get('db'), target: 'sync.logs' } },
    });
  });

  const replaces = '{ type: ./replaces.ts }';

  it.each([
    ['{ level: loud }', ['config/enum logs.level: "loud" is not one of: error, warn, info']],
    ['{ database: { level: debug } }', [expect.stringMatching(/^config\/enum logs\.database\.level: /)]],
    ['{ keep: long }', [expect.stringMatching(/^config\/pattern logs\.keep: /)]],
    ['{ keep: 999999999999mo }', [expect.stringMatching(/^config\/limit logs\.keep: /)]],
    ['{ folder: x }', ['config/unknown_key logs.folder: there is no key "folder"']],
    ['{ database: { to: dbb.logs } }', ['config/reference logs.database.to: there is no sink named "dbb"']],
    [
      '{ database: { to: db } }',
      ['config/reference logs.database.to: "db" names a sink, but no target in it'],
    ],
    [
      '{ database: { to: db.campaigns } }',
      ['config/target logs.database.to: the pipeline "campaigns" writes db.campaigns too'],
    ],
  ])('%s is refused', async (logs, expected) => {
    expect(await complaints(withLogs(logs))).toEqual(expected);
  });

  it('refuses a sink that cannot append', async () => {
    const options = write(
      withLogs('{ database: { to: db.logs } }', replaces).replace('primary_key: id\n', 'mode: replace\n'),
    );
    await writeFile(
      join(options.directory, 'replaces.ts'),
      `import { defineSink } from 'syncline';
export const sink = defineSink({
  name: 'replaces', summary: 'Replaces.', modes: ['replace'], capabilities: [],
  options: { type: 'object', additionalProperties: false, properties: {} },
  open: async () => { throw new Error('not opened here'); },
});
`,
    );
    await expect(loadConfig(options)).rejects.toMatchObject({
      diagnostics: [{ code: 'config/mode', path: 'logs.database.to' }],
    });
  });
});
