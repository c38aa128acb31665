import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { keptToken, tokenFile } from '../../src/daemon/token.ts';
import { folderWith } from '../e2e/cli.ts';

it('a token is made once, long, and for its owner alone', async () => {
  const file = tokenFile(await folderWith({}));
  const tokens = await Promise.all([keptToken(file), keptToken(file)]);
  const token = await keptToken(file);
  expect((await readFile(file, 'utf8')).trim()).toBe(token);
  expect(tokens).toContain(token);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('a token that others can read, or that is none, is refused', async () => {
  const file = tokenFile(await folderWith({}));
  await keptToken(file);
  await chmod(file, 0o640);
  await expect(keptToken(file)).rejects.toMatchObject({ code: 'daemon/token' });
  await chmod(file, 0o600);
  await writeFile(file, '\n');
  await expect(keptToken(file)).rejects.toMatchObject({ code: 'daemon/token' });
});

it('two who start at once have the same token', async () => {
  const file = tokenFile(await folderWith({}));
  const [one, ...others] = await Promise.all(Array.from({ length: 8 }, () => keptToken(file)));
  for (const other of others) expect(other).toBe(one);
});
