import { once } from 'node:events';
import { execa } from 'execa';
import Database from 'libsql';
import { expect, it, onTestFinished } from 'vitest';
import { hasEnded, thisProcess } from '../../src/state/process.ts';
import { type Lease, openState, type State } from '../../src/state/state.ts';
import { opened, stateFile } from './support.ts';

const program = new URL('./process.ts', import.meta.url).pathname;

/** Another process that takes a lease. Its answer is what it was given. */
async function otherProcess(file: string, run: string) {
  const loader = ['--conditions=syncline-source', '--import', import.meta.resolve('jiti/register')];
  const child = execa(process.execPath, [...loader, program, file, 'people', run], { reject: false });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, answer: JSON.parse(String(line)) as unknown };
}

async function taken(state: State, run: string, atLeast = 0): Promise<Lease> {
  const lease = await state.acquire('people', run, atLeast);
  if (!('fence' in lease)) throw new Error(`held by ${lease.run}`);
  return lease;
}

it('gives a lease to one, and tells the others who has it since when', async () => {
  const file = await stateFile();
  const [first, second] = [await opened(file), await opened(file)];
  await taken(first, '01A');
  const holder = await second.acquire('people', '01B', 0);
  expect(holder).toMatchObject({ run: '01A', pid: process.pid, host: thisProcess.host });
  expect(holder).toHaveProperty('since', expect.stringMatching(/^20\d\d-.*Z$/));
  expect('fence' in (await second.acquire('other', '01B', 0))).toBe(true);
});

it('gives a lease that many ask for at once to exactly one', async () => {
  const file = await stateFile();
  const states = await Promise.all(Array.from({ length: 8 }, () => opened(file)));
  const answers = await Promise.all(states.map((state, index) => state.acquire('people', `run ${index}`, 0)));
  expect(answers.filter((answer) => 'fence' in answer)).toHaveLength(1);
});

it('raises the fence with every lease, above the one of the ledger too', async () => {
  const state = await opened(await stateFile());
  const first = await taken(state, '01A');
  expect(first.fence).toBe(1);
  await first.release();
  const second = await taken(state, '01B', 41);
  expect(second.fence).toBe(42);
  await second.release();
  expect((await taken(state, '01C', 5)).fence).toBe(43);
});

it('is free again after a release, and when the state is closed', async () => {
  const file = await stateFile();
  const other = await opened(file);
  const state = await openState(file);
  await (await taken(state, '01A')).release();
  await taken(state, '01B');
  await state.close();
  await taken(other, '01C');
});

it('takes over from a process that was killed, at once, and marks its run as interrupted', async () => {
  const file = await stateFile();
  const state = await opened(file);
  const { child, answer } = await otherProcess(file, '01A');
  expect(answer).toEqual({ fence: 1 });
  expect(await state.acquire('people', '01B', 0)).toMatchObject({ run: '01A', pid: child.pid });
  expect(await state.markInterrupted()).toEqual([]);
  expect((await state.run('01A'))?.status).toBe('running');
  child.kill('SIGKILL');
  await child;
  expect((await taken(state, '01B')).fence).toBe(2);
  expect(await state.markInterrupted()).toEqual(['01A']);
  expect(await state.run('01A')).toMatchObject({
    status: 'interrupted',
    pipelines: { people: { status: 'interrupted' }, later: { status: 'interrupted' } },
  });
});

it('takes over from a process that is stopped for too long, which then learns that it lost', async () => {
  const file = await stateFile();
  const stopped = await opened(file, { beat: 200, expiry: 1 });
  const lease = await taken(stopped, '01A');
  const state = await opened(file);
  await expect.poll(() => state.acquire('people', '01B', 0)).toHaveProperty('fence', 2);
  await expect.poll(() => lease.lost.aborted).toBe(true);
  expect(lease.lost.reason).toMatchObject({ code: 'lease/lost' });
});

it('keeps a lease for as long as its process gives signs of life', async () => {
  const file = await stateFile();
  const state = await opened(file, { beat: 20, expiry: 5000 });
  const lease = await taken(state, '01A');
  const reader = new Database(file);
  onTestFinished(() => {
    reader.close();
  });
  const expiry = () => Number((reader.prepare('SELECT expires_at FROM leases').raw().get() as unknown[])[0]);
  const before = expiry();
  await expect.poll(expiry).toBeGreaterThan(before);
  expect(lease.lost.aborted).toBe(false);
});

it('knows a process by more than its number, and says nothing of other machines', () => {
  expect(hasEnded(thisProcess)).toBe(false);
  expect(hasEnded({ ...thisProcess, pid: 2 ** 22 + 1 })).toBe(true);
  expect(hasEnded({ ...thisProcess, host: 'elsewhere', pid: 2 ** 22 + 1 })).toBe(false);
  // A number that was given again, told by when its process began.
  const [, start] = /(\d+)$/.exec(thisProcess.started) ?? [];
  if (start === undefined) return;
  const later = thisProcess.started.replace(start, String(Number(start) + 1));
  expect(hasEnded({ ...thisProcess, started: later })).toBe(true);
});
