import { createServer, type Socket } from 'node:net';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, otherSession, query, waiting } from '../kit/postgres.ts';
import { startServer, urlOf } from '../kit/postgres-server.ts';
import { batchOf, key } from '../sql/outcome-batch.ts';

/** Cuts connections when it sees some text go by. */
async function proxyTo(url: string) {
  const sockets = new Set<Socket>();
  const proxy = {
    /** Called for what the client sends: true cuts the connection once the server has answered it. */
    cutAfter: (_text: string): boolean => false,
    /** The same, but the server never hears of it. */
    cutBefore: (_text: string): boolean => false,
    /** The same, but the server is left to itself. */
    cutAt: (_text: string): boolean => false,
    /** The same, but from then on nothing gets through, for nobody, and no connection is closed. */
    freezeAt: (_text: string): boolean => false,
    url: '',
  };
  let frozen = false;
  const server = createServer((client) => {
    if (frozen) {
      sockets.add(client);
      return;
    }
    const upstream = new URL(url);
    const database = new (client.constructor as typeof Socket)();
    database.connect(Number(upstream.port), upstream.hostname);
    sockets.add(client).add(database);
    for (const [one, two] of [
      [client, database],
      [database, client],
    ] as const) {
      one.on('error', () => two.destroy());
      one.on('close', () => two.destroy());
    }
    let cut = false;
    client.on('data', (data) => {
      const text = data.toString('latin1');
      cut ||= proxy.cutAfter(text);
      frozen ||= proxy.freezeAt(text);
      if (frozen) return;
      if (proxy.cutBefore(text)) {
        client.destroy();
        return;
      }
      database.write(data);
      if (!proxy.cutAt(text)) return;
      client.removeAllListeners('close');
      client.destroy();
    });
    database.on('data', (data) => {
      // The answer tells that the server is done with it.
      if (cut) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = new URL(url);
  address.port = String((server.address() as { port: number }).port);
  proxy.url = address.href;
  return proxy;
}

describe('a connection that is lost', () => {
  test('after the COMMIT was sent has its outcome looked up: the batch landed', async () => {
    const url = await freshDatabase();
    const proxy = await proxyTo(url);
    const sink = await openPostgresTargets({ url: proxy.url, directory: '/' });
    onTestFinished(() => sink.close());
    const writer = await sink.begin(batchOf(1).target);
    await writer.commit(batchOf(1));
    let cuts = 0;
    proxy.cutAfter = (text) => {
      const cut = cuts === 0 && text.includes('COMMIT');
      if (cut) cuts += 1;
      return cut;
    };
    expect(await writer.commit(batchOf(2))).toMatchObject({ inserted: 50 });
    expect(cuts).toBe(1);
    expect(await query(url, 'SELECT batch, count(*) FROM rows GROUP BY 1 ORDER BY 1')).toEqual([
      ['1', '50'],
      ['2', '50'],
    ]);
    expect((await sink.ledger?.read(key))?.entry?.batch).toBe(2);
  });

  test('while the server still commits is waited for, and the batch landed', async () => {
    const url = await freshDatabase();
    const proxy = await proxyTo(url);
    const sink = await openPostgresTargets({ url: proxy.url, directory: '/' });
    onTestFinished(() => sink.close());
    const writer = await sink.begin(batchOf(1).target);
    await writer.commit(batchOf(1));
    const other = await otherSession(url);
    await other.query('SELECT pg_advisory_lock(7)');
    await other.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON rows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`);
    let cuts = 0;
    proxy.cutAt = (text) => text.includes('COMMIT') && cuts++ === 0;
    const commit = writer.commit(batchOf(2, 1));
    // The transaction that commits waits for us, and whoever looks up its outcome waits for it.
    await waiting(other, 2);
    await other.query('SELECT pg_advisory_unlock(7)');
    expect(await commit).toMatchObject({ inserted: 1 });
    expect(await query(url, 'SELECT batch, count(*) FROM rows GROUP BY 1 ORDER BY 1')).toEqual([
      ['1', '50'],
      ['2', '1'],
    ]);
  });

  test.each([
    ['COPY', 50],
    ['INSERT INTO', 1],
  ])(
    'before it, in %s, is an error; nothing of the batch is there, and the sink works on',
    async (how, rows) => {
      const url = await freshDatabase();
      const proxy = await proxyTo(url);
      const sink = await openPostgresTargets({ url: proxy.url, directory: '/' });
      onTestFinished(() => sink.close());
      const writer = await sink.begin(batchOf(1).target);
      proxy.cutAfter = (text) => text.includes(`${how} "public"."rows"`);
      await expect(writer.commit(batchOf(1, rows))).rejects.toMatchObject({ code: 'sql/connection_lost' });
      proxy.cutAfter = () => false;
      expect(await writer.commit(batchOf(1, rows))).toMatchObject({
        inserted: rows,
        schema_changes: ['table created'],
      });
      expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([[String(rows)]]);
    },
  );
});

test.each([
  ['landed', 'cutAfter', 0],
  ['did not land', 'cutBefore', 1],
] as const)('a run whose COMMIT is cut off adds every row once: it %s', async (_what, cut, code) => {
  const url = await freshDatabase();
  const proxy = await proxyTo(url);
  const folder = await folderWith({
    'rows.jsonl': Array.from({ length: 300 }, (_, n) => `{"id":${n}}\n`).join(''),
    'sync.config.yaml': `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: postgres, url: "${proxy.url}" } }
pipelines: { rows: { from: files.rows, to: db.rows, mode: append, batch_size: 100 } }
`,
  });
  let rows = 0;
  let cuts = 0;
  proxy[cut] = (text) => {
    if (text.includes('INSERT INTO "public"."rows"')) rows += 1;
    if (rows !== 2 || cuts > 0 || !text.includes('COMMIT')) return false;
    cuts += 1;
    return true;
  };
  const first = await syncline(folder, ['run', '--json']);
  expect({ code: first.code, cuts }).toEqual({ code, cuts: 1 });
  if (code === 1) {
    const { error } = JSON.parse(first.stdout).pipelines.rows;
    expect(error).toMatchObject({ code: 'sql/connection_lost', hint: expect.stringContaining('run again') });
    expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['100']]);
    expect(await syncline(folder, ['run', '--quiet'])).toMatchObject({ code: 0 });
  }
  expect(await query(url, 'SELECT count(*), count(DISTINCT id) FROM rows')).toEqual([['300', '300']]);
});

describe('a server that says nothing any more', () => {
  test.each([
    ['while it writes', 'COPY "public"."rows"', 'sql/connection_lost'],
    ['while it commits', 'COMMIT', 'sql/outcome'],
    ['when it is asked', 'BEGIN', 'sql/connection_lost'],
  ])('is given up after a while: %s', async (_when, word, code) => {
    const url = await freshDatabase();
    const proxy = await proxyTo(url);
    const sink = await openPostgresTargets({ url: proxy.url, directory: '/', patience: 400 });
    const writer = await sink.begin(batchOf(1).target);
    await writer.commit(batchOf(1));
    proxy.freezeAt = (text) => text.includes(word);
    await expect(writer.commit(batchOf(2))).rejects.toMatchObject({ code, hint: expect.any(String) });
    await sink.close();
    expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['50']]);
  });

  test('but answers others is waited for, as long as it takes', async () => {
    const url = await freshDatabase();
    const sink = await openPostgresTargets({ url, directory: '/', patience: 1000 });
    onTestFinished(() => sink.close());
    const writer = await sink.begin(batchOf(1).target);
    await writer.commit(batchOf(1));
    await query(
      url,
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
      CREATE TRIGGER slow AFTER INSERT ON rows FOR EACH STATEMENT EXECUTE FUNCTION slow()`,
    );
    expect(await writer.commit(batchOf(2))).toMatchObject({ inserted: 50 });
  });
});

describe('a server', async () => {
  const server = await startServer();
  afterAll(() => server.stop());

  test('that crashes in the middle of a run fails it clearly, and the next one completes', async () => {
    const url = urlOf(server.port, 'postgres');
    const folder = await folderWith({
      // A source that crashes the server after its first batches, and waits until it is gone.
      'rows.ts': `import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'rows', summary: 'Rows.', options: { type: 'object', properties: {} },
  streamOptions: { type: 'object', properties: { path: { type: 'string', description: 'None.' } } }, shortForm: 'path',
  open: async () => ({
    async *read() {
      for (let n = 0; n < 40; n++) {
        if (n === 20 && process.env.CRASH) {
          process.kill(Number(process.env.CRASH), 'SIGQUIT');
          for (;;) try { process.kill(Number(process.env.CRASH), 0); await new Promise(setImmediate); } catch { break; }
        }
        yield { records: Array.from({ length: 50 }, (_, i) => ({ id: n * 50 + i })), bytes: 1 };
      }
    },
    close: async () => undefined,
  }),
});`,
      'sync.config.yaml': `version: 1
sources: { rows: { type: ./rows.ts, streams: { all: none } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { rows: { from: rows.all, to: db.rows, primary_key: id, batch_size: 50 } }
`,
    });
    const crashed = await syncline(folder, ['run', '--json'], { CRASH: String(server.pid()) });
    expect(crashed.code).toBe(1);
    expect(JSON.parse(crashed.stdout)).toMatchObject({
      pipelines: {
        rows: {
          status: 'failed',
          error: { code: expect.stringMatching(/^sql\/(connect|connection_lost|outcome)$/) },
        },
      },
    });
    await server.restart();
    const before = Number((await query(url, 'SELECT count(*) FROM rows'))[0]?.[0]);
    expect(before % 50).toBe(0);
    expect(await syncline(folder, ['run', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await query(url, 'SELECT count(*), max(id) FROM rows')).toEqual([['2000', '1999']]);
  });
});
