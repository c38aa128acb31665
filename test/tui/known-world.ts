import { noCounts, type PipelineResult } from '../../src/model/result.ts';
import type { KeptRun } from '../../src/state/state.ts';
import type { Planned, ToldChanges } from '../../src/tui/world.ts';
import { start } from './browsed.ts';
import { type FakeWorld, fakeWorld } from './fake-world.ts';

export const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
export const result = (more: Partial<PipelineResult> = {}): PipelineResult => ({
  status: 'succeeded',
  ...noCounts,
  durationMs: 1200,
  ...more,
});
export const failure = {
  code: 'http/status',
  message: '403 from sheets.example: the service account may not read what it was asked for…',
  hint: 'The service account robot@p.iam.example cannot read this sheet. Share it with that address, then: syncline run budget',
};
export const run = '01JD5EXAMPLE0000000000CAMP';
export const failed = result({ status: 'failed', read: 31, error: failure });
const ended = (runId: string, status: PipelineResult['status'], from: number) => ({
  runId,
  status,
  startedAt: at(from),
  finishedAt: at(from + 36),
});
const kept = (runId: string, from: number, pipelines: KeptRun['pipelines'], more = {}): KeptRun => ({
  ...ended(runId, 'succeeded', from),
  exitCode: 0,
  pipelines,
  ...more,
});

const changes: ToldChanges = {
  run,
  pipeline: 'campaigns',
  target: 'campaigns',
  to: 'db.campaigns',
  at: at(-1800),
  changes: [
    { kind: 'insert', key: [['id', 7]], fields: [] },
    {
      kind: 'update',
      key: [['id', 2]],
      fields: [{ column: 'name', before: 'Bob', after: 'Bea', strategy: 'overwrite' }],
    },
    { kind: 'delete', key: [['id', 3]], fields: [] },
  ],
};

const planned: Planned = {
  result: {
    runId: 'P1',
    status: 'mixed',
    exitCode: 1,
    startedAt: at(0),
    finishedAt: at(1),
    pipelines: { campaigns: result({ read: 9021, inserted: 1, updated: 1, deleted: 1 }), budget: failed },
  },
  changes: changes.changes.map((change) => ({ pipeline: 'campaigns', change })),
  whole: true,
  notes: [{ pipeline: 'campaigns', text: 'the column "stage" is new' }],
  unsaved: 'pipeline "budget" ended failed',
};

/** A world that has something on every page. */
export function knownWorld(): FakeWorld {
  return fakeWorld({
    pipelines: [
      {
        pipeline: 'campaigns',
        status: 'idle',
        lastRun: ended(run, 'succeeded', -1800),
        lag: 1800,
        nextRun: at(1805),
        from: 'crm.campaigns',
        to: 'db.campaigns',
      },
      {
        pipeline: 'contacts',
        status: 'running',
        running: { runId: '01JRUNNING', since: at(-60) },
        counts: { ...noCounts, read: 4210 },
        from: 'crm.contacts',
        to: 'db.contacts',
      },
      { pipeline: 'budget', status: 'failed', lastRun: ended('01JBUDGET', 'failed', -3600) },
    ],
    runs: [
      kept('01JRUNNING', -60, { contacts: null }, { status: 'running', finishedAt: undefined }),
      kept(run, -1800, { campaigns: result({ read: 9021, inserted: 12, updated: 31 }) }),
      kept('01JBUDGET', -3600, { budget: failed }, { status: 'failed', exitCode: 1 }),
    ],
    plan: planned,
    changes: [changes],
    rejects: [1, 2].map((id) => ({
      id,
      run,
      pipeline: 'campaigns',
      batch: 1,
      field: 'email',
      code: 'row/check',
      reason: `email: "n/a ${id}" is not an email`,
      record: '{"id":77,"email":"n/a"}',
      rejected_at: at(-1800),
    })),
    logs: [
      { time: at(-1800), level: 'info', run, event: 'run_started', message: `run ${run}: campaigns` },
      {
        time: at(-1790),
        level: 'warn',
        run,
        pipeline: 'campaigns',
        event: 'notice',
        message: 'a row is bad',
      },
      {
        time: at(-1780),
        level: 'error',
        run,
        pipeline: 'budget',
        event: 'pipeline_finished',
        ...failure,
      },
    ],
    why: [
      {
        field: 'name',
        value: 'Bea',
        before: 'Bob',
        run,
        at: at(-1800),
        pipeline: 'campaigns',
        source: 'crm.campaigns',
        strategy: 'overwrite',
      },
      { field: 'stage', value: 'won', edited: true, run, strategy: 'keep_edits' },
    ],
    cannot: { schedule: 'nothing here schedules' },
  });
}
