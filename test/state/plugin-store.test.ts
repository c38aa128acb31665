import { once } from 'node:events';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { PluginStore } from '../../src/plugin/contract.ts';
import { pluginStores } from '../../src/state/plugin-store.ts';
import { seal, unseal } from '../../src/state/seal.ts';
import { openState } from '../../src/state/state.ts';
import { stateFile } from './support.ts';

const program = new URL('./store-process.ts', import.meta.url).pathname;

/** A store that is closed when the test ends. */
function storeIn(file: string, key?: string, owner = 'source crm', signal = new AbortController().signal) {
  const stores = pluginStores(file, key);
  onTestFinished(() => stores.close());
  return stores.of(owner, signal);
}

/** The bytes of a state and of the files beside it. */
function bytesOf(file: string): string {
  return ['', '-wal', '-shm'].map((end) => readFileSync(`${file}${end}`, 'latin1')).join('');
}

const modesOf = (file: string) => ['', '-wal', '-shm'].map((end) => statSync(`${file}${end}`).mode & 0o777);

it('keeps what a source or sink writes, for this one alone, and forgets it again', async () => {
  const file = await stateFile();
  await storeIn(file).write('token', 'abc');
  const later = storeIn(file);
  expect(await later.read('token')).toBe('abc');
  expect(await later.read('other')).toBeUndefined();
  expect(await storeIn(file, undefined, 'sink crm').read('token')).toBeUndefined();
  await later.write('token', 'def');
  expect(await storeIn(file).read('token')).toBe('def');
  await later.write('token', undefined);
  expect(await storeIn(file).read('token')).toBeUndefined();
});

it('is in files that only their owner can read, also in a state that others could', async () => {
  const file = await stateFile();
  await storeIn(file).write('token', 'abc');
  expect(modesOf(file)).toEqual([0o600, 0o600, 0o600]);
  const older = await stateFile();
  const state = await openState(older);
  onTestFinished(() => state.close());
  expect(modesOf(older)).toEqual([0o600, 0o600, 0o600]);
  for (const end of ['', '-wal', '-shm']) chmodSync(`${older}${end}`, 0o664);
  await storeIn(older).write('token', 'abc');
  expect(modesOf(older)).toEqual([0o600, 0o600, 0o600]);
});

it('is sealed with a key: in no byte of the state, and what was not sealed is from the next write on', async () => {
  const file = await stateFile();
  const secret = 'canary-token-1234567890';
  await storeIn(file, 'a key').write('token', secret);
  expect(bytesOf(file)).not.toContain(secret);
  expect(await storeIn(file, 'a key').read('token')).toBe(secret);
  await storeIn(file).write('plain', secret);
  expect(await storeIn(file, 'a key').read('plain')).toBe(secret);
  expect(bytesOf(file)).toContain(secret);
});

it('is not lost with a wrong or missing key: that is told, and the right one opens it', async () => {
  const file = await stateFile();
  await storeIn(file, 'right').write('token', 'abc');
  await expect(storeIn(file, 'wrong').read('token')).rejects.toMatchObject({
    code: 'state/key',
    message: expect.stringContaining('SYNCLINE_KEY is another one'),
  });
  await expect(storeIn(file).read('token')).rejects.toMatchObject({
    code: 'state/key',
    message: expect.stringContaining('SYNCLINE_KEY is not set'),
    hint: expect.stringContaining('syncline auth crm --forget'),
  });
  expect(await storeIn(file, 'right').read('token')).toBe('abc');
});

it('does not open what was moved to another name', async () => {
  const sealed = await seal('abc', 'key', 'source crm');
  expect(await unseal(sealed, 'key', 'source crm')).toBe('abc');
  expect(await unseal(sealed, 'key', 'source other')).toBeUndefined();
  expect(await unseal(Buffer.from('short').toString('base64'), 'key', 'source crm')).toBeUndefined();
});

it('lets one act at a time, whoever asks', async () => {
  const file = await stateFile();
  const first = storeIn(file);
  let acting = 0;
  const act = async () => {
    acting += 1;
    expect(acting).toBe(1);
    await first.read('token');
    acting -= 1;
  };
  const stores: PluginStore[] = [first, first, storeIn(file), storeIn(file)];
  await Promise.all(stores.map((store) => store.alone('token', act)));
  await expect(first.alone('token', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await first.alone('token', async () => 'done')).toBe('done');
});

it('waits for another process while that lives, stops waiting when told to, and no longer once it was killed', async () => {
  const file = await stateFile();
  const loader = ['--conditions=syncline-source', '--import', import.meta.resolve('jiti/register')];
  const child = execa(process.execPath, [...loader, program, file], { reject: false });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  const stop = new AbortController();
  const stopped = storeIn(file, undefined, 'source crm', stop.signal).alone('token', async () => 'too early');
  const waiting = storeIn(file).alone('token', async () => 'after');
  let isDone = false;
  void waiting.then(() => {
    isDone = true;
  });
  stop.abort('enough');
  await expect(stopped).rejects.toBe('enough');
  expect(isDone).toBe(false);
  child.kill('SIGKILL');
  expect(await waiting).toBe('after');
});
