import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { edit, folderWith, query, root, syncline } from './cli.ts';

/** The demo as it stands in the repository, in a folder of its own. */
async function demo(): Promise<string> {
  const folder = await folderWith({});
  await cp(join(root, 'sync.config.yaml'), join(folder, 'sync.config.yaml'));
  await cp(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  await cp(join(root, 'schemas'), join(folder, 'schemas'), { recursive: true });
  return folder;
}

async function runDemo(folder: string): Promise<RunResult> {
  const { code, stdout } = await syncline(folder, ['run', '--allow-rejects', '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as RunResult;
}

describe('the demo', () => {
  it('reads real files into a database, and rejects what is wrong in them', async () => {
    const folder = await demo();
    const { pipelines } = await runDemo(folder);
    const read = Object.fromEntries(
      Object.entries(pipelines).map(([name, { read, inserted, rejected, skipped }]) => [
        name,
        { read, inserted, rejected, skipped },
      ]),
    );
    expect(read).toEqual({
      earthquakes: { read: 1707, inserted: 1707, rejected: 0, skipped: 0 },
      networks: { read: 1707, inserted: 12, rejected: 0, skipped: 28 },
      airports: { read: 3376, inserted: 3364, rejected: 12, skipped: 0 },
      weather: { read: 1461, inserted: 1461, rejected: 0, skipped: 0 },
    });
    const database = join(folder, 'data/demo.db');
    expect(query(database, "SELECT strongest, tsunami, scales FROM networks WHERE network = 'us'")).toEqual([
      ['6.4', 1, '["mb","mww","mb_lg","ml","mwr"]'],
    ]);
  });

  it('reports everything unchanged the second time', async () => {
    const folder = await demo();
    await runDemo(folder);
    for (const { inserted, updated, deleted } of Object.values((await runDemo(folder)).pipelines))
      expect({ inserted, updated, deleted }).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('leaves a place that was corrected by hand', async () => {
    const folder = await demo();
    await runDemo(folder);
    const database = join(folder, 'data/demo.db');
    edit(database, "UPDATE earthquakes SET place = 'near my house' WHERE id = 'ci37868143'");
    const { pipelines } = await runDemo(folder);
    expect(pipelines.earthquakes).toMatchObject({ updated: 0, kept: 1 });
    expect(query(database, "SELECT place FROM earthquakes WHERE id = 'ci37868143'")).toEqual([
      ['near my house'],
    ]);
  });
});
