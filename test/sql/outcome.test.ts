import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../src/sql/libsql-connection.ts';
import type { Session } from '../../src/sql/session.ts';
import { openThread } from '../../src/sql/thread.ts';
import { slowCases, tried } from '../counts.ts';
import { batchOf, key } from './outcome-batch.ts';
import { databaseFile, otherClient, readBack, targetsOf } from './support.ts';

describe('a COMMIT that fails', () => {
  /** The second COMMIT, which the connection itself sends, fails after this one landed. */
  const landing = async (session: Session): Promise<number> => {
    await session.run('INSERT INTO t VALUES (1)');
    await session.run('COMMIT');
    return 7;
  };
  const count = async (session: Session) => Number((await session.all('SELECT count(*) FROM t'))[0]?.[0]);

  async function connected(): Promise<{ path: string; connection: Connection }> {
    const path = databaseFile();
    otherClient(path).exec('CREATE TABLE t (n)');
    const connection = new Connection({ path, readonly: false, patience: 1_000 });
    onTestFinished(() => connection.close());
    return { path, connection };
  }

  test('has done its work when the database says so', async () => {
    const { connection } = await connected();
    expect(
      await connection.transaction(landing, async (session) =>
        (await count(session)) === 1 ? 7 : undefined,
      ),
    ).toBe(7);
    expect(await connection.transaction((session) => session.run('INSERT INTO t VALUES (2)'))).toBe(1);
  });

  test('throws what went wrong when the database says it did not land, or nobody can tell', async () => {
    const { connection } = await connected();
    const failed = { code: 'sql/failed', message: expect.stringContaining('transaction') };
    await expect(connection.transaction(landing, async () => undefined)).rejects.toMatchObject(failed);
    await expect(connection.transaction(landing)).rejects.toMatchObject(failed);
  });

  test('is not guessed at when the database cannot be read any more', async () => {
    const { path, connection } = await connected();
    const damaging = async (session: Session): Promise<number> => {
      await landing(session);
      writeFileSync(path, 'no database'.repeat(1_000));
      return 1;
    };
    await expect(connection.transaction(damaging, count)).rejects.toMatchObject({
      code: 'sql/outcome',
      message: expect.stringContaining(path),
      cause: expect.objectContaining({ code: 'sql/failed' }),
    });
  });
});

test('a thread that dies during a commit: what landed counts, what did not throws, and the sink works on', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const writer = await sink.begin(batchOf(1).target);
  const began = performance.now();
  await writer.commit(batchOf(1, 5_000));
  const usual = performance.now() - began;
  const landed = [1];
  for (let number = 2; number < 2 + slowCases; number++) {
    const thread = openThread(path);
    const [outcome] = await Promise.allSettled([
      writer.commit(batchOf(number, 5_000)),
      setTimeout(Math.random() * usual).then(() => thread.end()),
    ]);
    if (outcome.status === 'fulfilled') {
      expect(outcome.value).toMatchObject({ inserted: 5_000 });
      landed.push(number);
    } else expect(outcome.reason).toMatchObject({ code: 'sql/failed' });
    expect(readBack(path, 'SELECT DISTINCT batch FROM rows ORDER BY 1').flat().map(Number)).toEqual(landed);
    expect((await sink.ledger?.read(key))?.entry?.batch).toBe(landed.at(-1));
  }
  expect(await writer.commit(batchOf(100, 1))).toMatchObject({ inserted: 1 });
});

const strace = spawnSync('strace', ['-V']).status === 0;

/** The batches in the table, with how many rows each has. */
function batches(path: string): unknown[][] {
  return readBack(path, 'SELECT batch, count(*) FROM rows GROUP BY 1 ORDER BY 1');
}

describe.skipIf(!strace)('an I/O error', () => {
  const committing = fileURLToPath(new URL('./committing.ts', import.meta.url));
  const program = ['--conditions=syncline-source', '--import', 'jiti/register', committing];

  test.each(tried(['wal', 'delete']))('wherever it strikes, loses and doubles nothing (%s)', async (mode) => {
    for (const nth of [1, 3, 5, 8, 13, 21].slice(0, slowCases / 2)) {
      const path = databaseFile();
      otherClient(path).exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE rows (batch INTEGER)`);
      const options = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
      options.push('-e', `inject=fsync,fdatasync:error=EIO:when=${nth}`);
      const struck = await execa('strace', [...options, 'node', ...program, path], { reject: false });
      const told = struck.stdout.split('\n').filter(Boolean).map(Number);
      const landed = batches(path).map(([number]) => Number(number));
      expect(landed.slice(0, told.length)).toEqual(told);
      await execa('node', [...program, path]);
      expect(batches(path)).toEqual([1n, 2n, 3n].map((number) => [number, 50n]));
    }
  });
});
