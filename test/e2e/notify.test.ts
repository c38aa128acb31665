import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { answer, hang, type Receiver, startReceiver } from '../notify/receiver.ts';
import { cli, folderWith, syncline } from './cli.ts';
import { startDaemon } from './daemon-process.ts';

const configFor = (url: string, file = 'rows.jsonl') => `version: 1
daemon: { listen: "127.0.0.1:0" }
notify: { ops: { type: webhook, url: "${url}", on: [failed, partial, recovered, succeeded] } }
sources: { in: { type: file, streams: { rows: ${file} } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  one: { from: in.rows, to: db.one, primary_key: id, map: { id: { from: id, type: integer } }, rejects: { max: 90% } }
`;

const rows = '{"id":1}\n{"id":2}\n';

const tales = ({ received }: Receiver) =>
  received.map(({ body }) => {
    const { data } = JSON.parse(body) as { data: { pipelines: { name: string; change: string }[] } };
    return data.pipelines.map(({ name, change }) => `${name} ${change}`).join(', ');
  });

it('runs and retries tell their changes, and end as they would', async () => {
  const receiver = await startReceiver();
  const folder = await folderWith({ 'sync.config.yaml': configFor(receiver.url) });
  const file = join(folder, 'rows.jsonl');
  expect((await syncline(folder, ['run'])).code).toBe(1);
  await writeFile(file, '{"id":1}\n{"id":"x"}\n');
  expect((await syncline(folder, ['run', '--json'])).code).toBe(3);
  expect((await syncline(folder, ['run', '--dry-run'])).code).toBe(3);
  await writeFile(
    join(folder, 'sync.config.yaml'),
    configFor(receiver.url).replace('type: integer', 'type: integer, on_error: default, default: 9'),
  );
  expect((await syncline(folder, ['rejects', 'retry'])).code).toBe(0);
  await writeFile(file, rows);
  expect((await syncline(folder, ['run'])).code).toBe(0);
  expect(tales(receiver)).toEqual(['one failed', 'one partial', 'one recovered']);
});

it('a receiver that hangs delays no pipeline; the end waits so long, and says what did not arrive', async () => {
  const receiver = await startReceiver();
  receiver.answers(hang, hang);
  const folder = await folderWith({ 'sync.config.yaml': configFor(receiver.url), 'rows.jsonl': rows });
  const began = Date.now();
  const { code, stdout, stderr } = await syncline(folder, ['run', '--json']);
  expect(code).toBe(0);
  expect(Date.now() - began).toBeGreaterThan(9_000);
  const { pipelines, startedAt, finishedAt } = JSON.parse(stdout);
  expect(pipelines).toMatchObject({ one: { inserted: 2 } });
  expect(Date.parse(finishedAt) - Date.parse(startedAt)).toBeLessThan(Date.now() - began - 9_000);
  expect(stderr.trim().split('\n').at(-1)).toMatch(
    /^warning: notification "ops" of run \w+ was not delivered: /,
  );
});

it('a second signal ends the wait', async () => {
  const receiver = await startReceiver();
  receiver.answers(hang);
  const folder = await folderWith({ 'sync.config.yaml': configFor(receiver.url), 'rows.jsonl': rows });
  const child = execa(process.execPath, [cli, 'run', '--json'], { cwd: folder, reject: false });
  await receiver.came(1);
  // Of two signals of one kind the system may make one.
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect([130, 143]).toContain((await child).exitCode);
});

const ended = (event: RunEvent) => event.type === 'run_finished';

it('a daemon goes on from what was told, tries again, and tells after a reload to those whom the new config names', async () => {
  const [first, second] = [await startReceiver(), await startReceiver()];
  const folder = await folderWith({ 'sync.config.yaml': configFor(first.url), 'gone.jsonl': rows });
  expect((await syncline(folder, ['run'])).code).toBe(1);
  const daemon = await startDaemon(folder);
  await rename(join(folder, 'gone.jsonl'), join(folder, 'rows.jsonl'));
  first.answers(answer(503));
  await daemon.run('one');
  await first.came(3);
  expect(tales(first)).toEqual(['one failed', 'one recovered', 'one recovered']);
  await writeFile(join(folder, 'sync.config.yaml'), configFor(second.url, 'gone.jsonl'));
  await daemon.said('the config was read anew');
  await daemon.run('one');
  await daemon.event(ended, 2);
  await second.came(1);
  expect(tales(second)).toEqual(['one failed']);
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
  expect(first.received).toHaveLength(3);
});

it('a run that was killed is told by the next one', async () => {
  const receiver = await startReceiver();
  const source = `import { defineSource } from 'syncline';
import { existsSync } from 'node:fs';
export const source = defineSource({
  name: 'slow', summary: 'Never ends.', shortForm: 'x',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: { type: 'object', properties: { x: { type: 'string', description: 'Any.' } }, additionalProperties: false },
  async open(_, { directory }) {
    return {
      async *read() {
        yield { records: [{ id: 1 }], bytes: 9 };
        if (!existsSync(directory + '/end')) await new Promise(() => setInterval(() => {}, 1000));
      },
      close: async () => undefined,
    };
  },
});
`;
  const config = configFor(receiver.url).replace('{ type: file,', '{ type: ./slow.ts,');
  const folder = await folderWith({ 'sync.config.yaml': config, 'slow.ts': source });
  const child = execa(process.execPath, [cli, 'run', '--ui', 'json'], { cwd: folder, reject: false });
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('pipeline_started')) resolve();
    }),
  );
  child.kill('SIGKILL');
  await child;
  await writeFile(join(folder, 'end'), '');
  const { code, stderr } = await syncline(folder, ['run']);
  expect(code, stderr).toBe(0);
  expect(tales(receiver)).toEqual(['one failed', 'one recovered']);
});
