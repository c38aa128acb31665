import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from 'syncline';
import { describe, expect, it } from 'vitest';
import { edit, folderWith, query, syncline } from './cli.ts';

/** A source that speaks as one that asks a server, and what it is told to do in a file. */
const asking = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSource, RateLimited, SyncError } from 'syncline';
export const source = defineSource({
  name: 'asking', summary: 'Asks.',
  options: { type: 'object', properties: { token: { type: 'string', description: 'Secret.', 'x-secret': true } } },
  streamOptions: { type: 'object', properties: { path: { type: 'string', description: 'Where.' } } },
  shortForm: 'path',
  async open({ token }, { directory, onWait, logger }) {
    const told = () => JSON.parse(readFileSync(join(directory, 'told.json'), 'utf8'));
    return {
      async check() {
        if (told().refused) throw new SyncError('http/unauthorized', token + ' is not accepted', { hint: 'Renew ' + token + '.' });
        return { detail: 'logged in as ann with ' + token, latency_ms: 12, clock_skew_ms: -61_000 };
      },
      async *read({ options, batch }) {
        const { limited } = told();
        onWait({ reason: 'told', until: new Date(Date.now() + 42_000).toISOString(), ms: 42_000 });
        logger.warn('the server is slow');
        for (const page of [1, 2]) {
          const records = [{ id: page * 2 - 1 }, { id: page * 2 }].slice(0, batch.rows);
          const calls = { pages: 1, requests: page, retries: page - 1, waited_ms: 1_000 };
          const stopped = page === 2 ? 'no next page' : undefined;
          yield { records, bytes: 5_000_000, detail: 'GET ' + options.path + '?page=' + page, calls, stopped };
          if (limited) throw new RateLimited('come back later', limited);
        }
      },
      close: async () => undefined,
    };
  },
});
`;

const config = `version: 1
sources:
  crm: { type: ./asking.ts, token: "\${TOKEN}", streams: { people: /people, notes: "/{id}/notes" } }
  files: { type: file, streams: { rows: rows.jsonl } }
sinks:
  db: { type: libsql, url: "file:sink.db" }
defaults: { pipeline: { primary_key: id, columns: { run_id: false, synced_at: false } } }
pipelines:
  people: { from: crm.people, to: db.people, batch_size: 2 }
  rows: { from: files.rows, to: db.rows }
  after: { from: files.rows, to: db.after, after: people }
`;

const secret = { TOKEN: 'canary-4711' };

async function worldWith(told: object): Promise<string> {
  const files = { 'asking.ts': asking, 'sync.config.yaml': config, 'rows.jsonl': '{"id":1}\n' };
  return folderWith({ ...files, 'told.json': JSON.stringify(told) });
}

describe('a pipeline whose server has had enough', () => {
  it('ends rate limited with the time to come back, keeps what it has, and fails those after it', async () => {
    const until = '2099-01-02T03:04:05.000Z';
    const folder = await worldWith({ limited: until });
    const { code, stdout, stderr } = await syncline(folder, ['run', '--json'], secret);
    expect(code).toBe(1);
    const { status, pipelines } = JSON.parse(stdout) as RunResult;
    expect(status).toBe('mixed');
    expect(pipelines.people).toMatchObject({
      status: 'rate_limited',
      resumeAt: until,
      inserted: 2,
      error: { code: 'http/rate_limited', message: 'come back later' },
      calls: { pages: 1, requests: 1, retries: 0, waitedMs: 1_000 },
    });
    expect(pipelines.after).toMatchObject({ status: 'skipped', reason: 'people did not succeed' });
    expect(stderr).toContain('source crm: waiting 42 s: the server asked');
    expect(stderr).toContain('people: rate_limited: come back later');
    expect(stderr).toContain(`run it again after ${until}`);
    const show = await syncline(folder, ['show'], secret);
    expect(show.stdout).toMatch(/people +rate_limited/);
    expect(show.stdout).toContain(`Run it again after ${until}.`);
    expect((await syncline(folder, ['status'], secret)).stdout).toMatch(/people +failed .*rate_limited/);
    const logs = (await syncline(folder, ['logs', '--json'], secret)).stdout;
    expect(logs).toMatch(/"level":"info"[^\n]*waiting 42 s/);
    expect(logs).toMatch(/"level":"warn"[^\n]*"status":"rate_limited"/);
  });

  it('tells a wait as an event, and keeps it out of the database', async () => {
    const folder = await worldWith({});
    const { stderr } = await syncline(folder, ['run', 'people', '--ui', 'json'], secret);
    const events = stderr.split('\n').map((line) => JSON.parse(line) as { type: string });
    expect(events.filter(({ type }) => type === 'waiting')).toEqual([
      expect.objectContaining({ plugin: 'source crm', reason: 'told', ms: 42_000 }),
    ]);
    const kept = query(join(folder, '.syncline/state.db'), 'SELECT step FROM logs');
    expect(kept.flat()).not.toContain('waiting');
  });
});

describe('the end of a run', () => {
  it('says what was asked, and why no more was; so does `show`', async () => {
    const folder = await worldWith({});
    const told = '2 pages, 3 requests, 1 tried again, waited 2.0 s, ended: no next page';
    const { code, stderr } = await syncline(folder, ['run'], secret);
    expect(code).toBe(0);
    expect(stderr).toContain(`    ${told}\n`);
    expect((await syncline(folder, ['show'], secret)).stdout).toContain(`people: ${told}`);
    const { pipelines } = JSON.parse(
      (await syncline(folder, ['show', '--json'], secret)).stdout,
    ) as RunResult;
    expect(pipelines.people).toMatchObject({ calls: { requests: 3 }, stopped: 'no next page' });
    expect(pipelines.rows).not.toHaveProperty('calls');
  });
});

describe('check', () => {
  it('asks all sources and sinks, shows no secret, and writes nothing', async () => {
    const folder = await worldWith({});
    const { code, stdout } = await syncline(folder, ['check'], secret);
    expect(stdout).toMatch(/✓ +source +crm +12 ms +logged in as ann with •••/);
    expect(stdout).toContain('its clock is 1 min 01 s behind ours');
    expect(stdout).toMatch(/✓ +source +files +\d+ ms +1 stream can be read/);
    expect(stdout).toMatch(/✓ +sink +db +\d+ ms +3 targets, 3 of them not there yet/);
    expect(stdout).not.toContain(secret.TOKEN);
    expect(code).toBe(0);
    const { stdout: files } = await syncline(folder, ['check', 'db', '--json'], secret);
    expect(JSON.parse(files)).toEqual([expect.objectContaining({ kind: 'sink', name: 'db', ok: true })]);
    expect(existsSync(join(folder, 'sink.db'))).toBe(false);
    expect(existsSync(join(folder, '.syncline'))).toBe(false);
  });

  it('says what is wrong with each, and ends with 6', async () => {
    const folder = await worldWith({ refused: true });
    await writeFile(join(folder, 'rows.jsonl'), '{"id":');
    await writeFile(
      join(folder, 'sink.db'),
      'this is no database, and long enough to be taken for none'.repeat(20),
    );
    const { code, stdout } = await syncline(folder, ['check'], secret);
    expect(code).toBe(6);
    expect(stdout).toMatch(/✗ +source +crm +••• is not accepted {2}\[http\/unauthorized\]\n {4}Renew •••\./);
    expect(stdout).toMatch(/✗ +source +files .*\[source\/malformed\]/);
    expect(stdout).toMatch(/✗ +sink +db .*\[sql\/\w+\]/);
    const some = await syncline(folder, ['check', 'crm', '--json'], secret);
    expect(some.code).toBe(6);
    expect(some.stdout).not.toContain(secret.TOKEN);
    expect(JSON.parse(some.stdout)).toEqual([
      {
        kind: 'source',
        name: 'crm',
        ok: false,
        error: expect.objectContaining({ code: 'http/unauthorized' }),
      },
    ]);
  });

  it('knows its names, and finds a table that is there', async () => {
    const folder = await worldWith({});
    edit(join(folder, 'sink.db'), 'CREATE TABLE people (id INTEGER PRIMARY KEY)');
    expect((await syncline(folder, ['check', 'db'], secret)).stdout).toContain(
      '3 targets, 2 of them not there yet',
    );
    const { code, stderr } = await syncline(folder, ['check', 'crn'], secret);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /there is no source or sink "crn".*\[usage\/unknown_source\]\n.*Did you mean "crm"/s,
    );
  });
});

describe('preview', () => {
  it('shows what was asked and what came back, page by page', async () => {
    const folder = await worldWith({});
    const { code, stdout, stderr } = await syncline(folder, ['preview', 'people', '--limit', '4'], secret);
    expect(code).toBe(0);
    expect(stdout).toContain('read GET /people?page=1: 2 records, 1 page, 1 request, waited 1.0 s\n');
    expect(stdout).toContain('read GET /people?page=2: 2 records, 1 page, 2 requests, 1 tried again');
    expect(stdout).toContain('ended: no next page\n');
    expect(stderr).toContain('warning: source crm: the server is slow');
    expect(stderr).toContain('source crm: waiting 42 s');
    const json = await syncline(folder, ['preview', 'people', '--limit', '1', '--json'], secret);
    expect(JSON.parse(json.stdout)).toMatchObject({
      batches: [{ read: 1, detail: 'GET /people?page=1', calls: { pages: 1, waitedMs: 1_000 } }],
      records: [{ record: { id: 1 } }],
    });
  });
});
