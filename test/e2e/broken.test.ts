import { readdirSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seed, soak } from '../counts.ts';
import { folderWith, root, syncline } from './cli.ts';

const fixtures = join(root, 'test/fixtures/broken');
const names = readdirSync(fixtures).filter((name) => name.endsWith('.yaml'));

describe('a run with a broken config', () => {
  it('ends with 2, tells where and what next, and makes no file', async () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
    // Each is told the same way: some show that the command is as good as what it is made of.
    for (const name of names.filter((_, index) => soak || index % 5 === seed % 5)) {
      const folder = await folderWith({ 'people.csv': 'id\n1\n' });
      await copyFile(join(fixtures, name), join(folder, 'sync.config.yaml'));
      const before = await readdir(folder);
      const { code, stderr, stdout } = await syncline(folder, ['run']);
      expect({ name, code, stdout }).toEqual({ name, code: 2, stdout: '' });
      expect(stderr).toMatch(/^error /);
      expect(stderr).toContain('nothing was run');
      expect(stderr).not.toMatch(/\n +at .*:\d+:\d+/);
      expect(await readdir(folder)).toEqual(before);
    }
  });
});
