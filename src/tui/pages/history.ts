import { setTimeout } from 'node:timers/promises';
import type { PipelineResult } from '../../model/result.ts';
import type { KeptRun } from '../../state/state.ts';
import { outcomeGlyph } from '../glyphs.ts';
import { count, duration } from '../numbers.ts';
import type { Column, Page, Place, Row, Sheet, Tone } from '../page.ts';
import { localTime } from './moments.ts';
import { countsText, failureLines } from './results.ts';
import { logsKey, runKeys } from './run-keys.ts';

const every = 2_000;
/** So many of the last runs are shown. */
const most = 500;

type HistoryPlace = Extract<Place, { page: 'history' }>;

const columns: readonly Column[] = [
  { name: 'began', rank: 0 },
  { name: 'status', rank: 0 },
  { name: 'took', rank: 2, align: 'right' },
  { name: 'read', rank: 3, align: 'right' },
  { name: 'changed', rank: 1, align: 'right' },
  { name: 'rejected', rank: 2, align: 'right' },
  { name: 'undone', rank: 3 },
  { name: 'pipelines', rank: 4, fills: true },
  { name: 'run', rank: 5 },
];

/** The runs of a pipeline, or all of them, the newest first. */
export const historyPage: Page<HistoryPlace, KeptRun> = {
  command: ({ pipeline }) =>
    pipeline === undefined ? 'syncline runs' : `syncline runs --pipeline ${pipeline}`,
  retryAfter: every,
  async *load(world, { pipeline }, signal) {
    for (;;) {
      yield historySheet(await world.runs({ pipeline, limit: most }, signal), pipeline, Date.now());
      await setTimeout(every, undefined, { signal });
    }
  },
  keys: (world, _, row) => {
    const run = row?.about;
    if (run === undefined) return [];
    const underWay = run.status === 'running';
    return [
      {
        key: 'w',
        word: underWay ? 'watch' : 'show',
        does: 'the run as it goes, or went',
        act: { type: 'go', to: { page: 'run', run: run.runId } },
      },
      ...runKeys(world, { run: run.runId, underWay, undone: run.undone }),
      logsKey(world, { run: run.runId }),
    ];
  },
};

export function historySheet(
  runs: readonly KeptRun[],
  pipeline: string | undefined,
  now: number,
): Sheet<KeptRun> {
  return {
    title: pipeline === undefined ? 'Runs' : `Runs of ${pipeline}`,
    columns,
    rows: runs.map((run) => rowOf(run, pipeline, now)),
    empty: 'No runs are remembered.',
  };
}

function rowOf(run: KeptRun, pipeline: string | undefined, now: number): Row<KeptRun> {
  const { runId, status, startedAt, finishedAt, undone, pipelines } = run;
  const wanted = pipeline === undefined ? Object.values(pipelines) : [pipelines[pipeline]];
  const results = wanted.filter((result): result is PipelineResult => result != null);
  const sum = (counted: (result: PipelineResult) => number) =>
    results.reduce((all, result) => all + counted(result), 0);
  const took = (finishedAt === undefined ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  const numbers = [
    sum(({ read }) => read),
    sum(({ inserted, updated, deleted }) => inserted + updated + deleted),
    sum(({ rejected }) => rejected),
  ];
  const names = Object.keys(pipelines).join(', ');
  const word = status === 'running' ? '● running' : `${outcomeGlyph(status)} ${status}`;
  const told = undone ? 'undone' : '';
  return {
    id: runId,
    cells: [localTime(startedAt), word, duration(took), ...numbers.map(count), told, names, runId],
    orders: [startedAt, status, took, ...numbers, told, names, runId],
    tone: undone ? 'dim' : toneOf(status),
    lines: Object.entries(pipelines).flatMap(([name, result]) => linesOf(name, result)),
    about: run,
  };
}

function toneOf(status: KeptRun['status']): Tone {
  if (status === 'failed' || status === 'mixed') return 'bad';
  if (status === 'running') return 'good';
  return status === 'succeeded' || status === 'skipped' ? 'plain' : 'warn';
}

function linesOf(name: string, result: PipelineResult | null): NonNullable<Row['lines']> {
  if (result === null) return [{ text: `${name}: not over` }];
  const { status, durationMs } = result;
  const text = `${outcomeGlyph(status)} ${name}: ${status}, ${countsText(result)}, ${duration(durationMs)}`;
  return [{ text, tone: status === 'failed' ? 'bad' : 'plain' }, ...failureLines(result)];
}
