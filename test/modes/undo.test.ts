import { expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { syncline } from '../e2e/cli.ts';
import { databases, people, upTo, worldOf } from './world.ts';

it.each(tried(databases))(
  'an undone run of a mirror leaves %s with a read that begins anew, as what it had seen is gone',
  async (kind) => {
    const world = await worldOf(kind, 'mode: mirror\nbatch_size: 100\ndeletes: { mode: hard }');
    // Columns are learnt from the first thousand records: what comes before them is not committed alone.
    await world.answer(people(...upTo(1500)), 1300);
    expect((await world.run()).status).toBe('failed');
    await world.answer(people(...upTo(1500)));
    const ran = JSON.parse((await world.cli('--json', '--quiet')).stdout) as { runId: string };
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['1500']);
    const { code } = await syncline(world.folder, ['undo', ran.runId], world.environment);
    expect(code).toBe(0);
    expect((await world.run()).status).toBe('succeeded');
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['1500']);
  },
);
