import type { Config } from '../../config/config.ts';
import type { Schedule } from '../../config/schedule.ts';
import { withFollowers } from '../../engine/standing.ts';
import { printDuration } from '../../model/duration.ts';
import { SyncError } from '../../model/errors.ts';

/** Pipelines whose schedules are the same: they share a run, with those that come after them. */
export interface Group {
  readonly schedule: Schedule;
  /** The pipelines that have the schedule. */
  readonly scheduled: readonly string[];
  /** These, and what follows them. */
  readonly pipelines: readonly string[];
}

/** What is to be run, when, and how. */
export interface Plan {
  readonly config: Config;
  readonly groups: readonly Group[];
  /** Program and arguments of a run of these pipelines, with absolute paths. */
  command(pipelines: readonly string[]): readonly string[];
}

export function planOf(config: Config, environmentFile: string | undefined): Plan {
  const groups = groupsOf(config);
  if (groups.length === 0)
    throw new SyncError('export/schedule', `no enabled pipeline of ${config.file} has a schedule`, {
      hint: 'Give one a `schedule`, such as `schedule: "0 9 * * *"`.',
    });
  const variables = environmentFile === undefined ? [] : ['--env-file', environmentFile];
  const [, program = ''] = process.argv;
  const run = [process.execPath, program, 'run'];
  const flags = ['--config', config.file, ...variables];
  return { config, groups, command: (pipelines) => [...run, ...pipelines, ...flags] };
}

function groupsOf(config: Config): Group[] {
  const groups = new Map<string, { schedule: Schedule; scheduled: string[] }>();
  for (const { name, enabled, schedule } of config.pipelines.values()) {
    if (!enabled || schedule === undefined) continue;
    const { when, catch_up, jitter } = schedule;
    const key = JSON.stringify([when, catch_up, jitter]);
    const group = groups.get(key) ?? { schedule, scheduled: [] };
    group.scheduled.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({
    ...group,
    pipelines: withFollowers(config, group.scheduled, new Set()).map(({ name }) => name),
  }));
}

/** The schedule of a group as the config has it, in a few words. */
export function wordsOf({ schedule: { when } }: Group): string {
  return 'every' in when ? `every ${printDuration(when.every)}` : `${when.cron} ${when.timezone}`;
}

/** The error for a schedule that cannot be said: `reason` is the end of a sentence. */
export function unfit(group: Group, reason: string, hint: string): SyncError {
  const names = group.scheduled.join(', ');
  return new SyncError('export/schedule', `the schedule of ${names} (${wordsOf(group)}) ${reason}`, { hint });
}
