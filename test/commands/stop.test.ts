import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, start } from '../formats/program.ts';

/** Is told to stop, and does not. */
const deaf = (grace: number) => `
  import { stopSignal } from '${join(root, 'src/commands/stop.ts')}';
  const stop = stopSignal(${grace});
  stop.signal.addEventListener('abort', () => console.log(stop.signal.reason));
  setInterval(() => {}, 1_000);
`;

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s ends what does not stop, after a while, with %i', async (name, code) => {
  const { running } = await start(`${deaf(200)} process.kill(process.pid, '${name}');`);
  const { stdout, stderr, exitCode } = await running;
  expect({ stdout, exitCode }).toEqual({ stdout: name, exitCode: code });
  expect(stderr).toContain('did not stop within 0.2 s');
});

it('a second signal ends it at once', async () => {
  const again = "stop.signal.addEventListener('abort', () => process.kill(process.pid, 'SIGINT'));";
  const { running } = await start(`${deaf(60_000)} ${again} process.kill(process.pid, 'SIGTERM');`);
  expect((await running).exitCode).toBe(130);
});

it('what stopped in time is left alone', async () => {
  const program = `${deaf(200)} process.kill(process.pid, 'SIGTERM'); setTimeout(() => { stop.forget(); setTimeout(() => process.exit(7), 500); }, 50);`;
  const { running } = await start(program);
  expect((await running).exitCode).toBe(7);
});
