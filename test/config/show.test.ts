import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { showConfig } from '../../src/config/show.ts';
import { load, plugins, write } from './load-text.ts';

const text = `version: 1
defaults:
  pipeline: { batch_size: 500, merge: { "*": max } }
sources:
  crm:
    type: ${join(plugins, 'crm.ts')}
    account: acme
    token: \${TOKEN}
    page_size: \${SIZE}
    streams:
      contacts: { path: /contacts, primary_key: id }
      notes: /notes
sinks:
  db: { type: libsql, url: file:sync.db }
pipelines:
  contacts:
    from: crm.contacts
    to: db.contacts
    merge: null
    map: { id: id, note: { value: "Bearer tok-123" } }
`;
const environment = { TOKEN: 'tok-123', SIZE: '20' };

describe('config show', () => {
  it('shows every default, and no secret', async () => {
    const shown = await showConfig(write(text, environment));
    expect(shown).not.toContain('tok-123');
    expect(parse(shown)).toEqual({
      version: 1,
      state: 'file:.syncline/state.db',
      logs: { dir: '.syncline/logs', level: 'info', keep: '30d', database: { level: 'warn' } },
      history: { keep: '90d', keep_runs: 1000 },
      daemon: { listen: '127.0.0.1:7433', grace: '10s', concurrency: 4 },
      journal: { keep: '14d', max: '1gb' },
      sources: {
        crm: {
          type: join(plugins, 'crm.ts'),
          account: 'acme',
          token: '•••',
          page_size: 20,
          archived: false,
          retry: { attempts: 3 },
          streams: {
            contacts: { path: '/contacts', limit: 1000, primary_key: ['id'] },
            notes: { path: '/notes', limit: 1000 },
          },
        },
      },
      sinks: { db: { type: 'libsql', url: 'file:sync.db' } },
      pipelines: {
        contacts: {
          from: 'crm.contacts',
          to: 'db.contacts',
          primary_key: ['id'],
          mode: 'upsert',
          map: { id: { from: 'id' }, note: { value: 'Bearer •••' } },
          rest: 'drop',
          merge: { '*': 'overwrite' },
          replace_within: false,
          rejects: { max: '5%' },
          schema_contract: 'evolve',
          batch_size: 500,
          columns: { run_id: '_run_id', synced_at: '_synced_at' },
          enabled: true,
          tags: [],
        },
      },
    });
  });

  it('gives a config that means the same', async () => {
    const shown = await showConfig(write(text.replace('${TOKEN}', 'other'), environment));
    const again = await load(shown.replace('•••', 'other'));
    expect(await showConfig(write(shown))).toBe(shown);
    expect(again.pipelines.get('contacts')?.batch_size).toBe(500);
  });

  it('tells where each value comes from', async () => {
    const shown = await showConfig(write(text, environment), { origin: true });
    const origins = Object.fromEntries(
      shown.split('\n').flatMap((line) => {
        const [, key, origin] = /^ *"?([\w*]+)"?: .*? {2}# (.*)$/.exec(line) ?? [];
        return key === undefined ? [] : [[key, origin]];
      }),
    );
    expect(origins).toMatchObject({
      version: 'sync.config.yaml:1',
      state: 'default',
      account: 'sync.config.yaml:7',
      token: '${TOKEN}',
      page_size: '${SIZE}',
      attempts: 'default',
      path: 'sync.config.yaml:12',
      limit: 'default',
      batch_size: 'defaults.pipeline (sync.config.yaml:3)',
      '*': 'default',
      mode: 'default',
      to: 'sync.config.yaml:18',
    });
  });
});
