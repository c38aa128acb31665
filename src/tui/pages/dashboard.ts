import { setTimeout } from 'node:timers/promises';
import { standingWords } from '../../engine/standing.ts';
import { plural } from '../../model/plural.ts';
import type { PipelineResult } from '../../model/result.ts';
import { outcomeGlyph } from '../glyphs.ts';
import { count, rough } from '../numbers.ts';
import { rateAt, type Sample, withSample } from '../pace.ts';
import type { Column, Page, PageKey, Place, Row, Sheet, Tone } from '../page.ts';
import type { Looked, Stands, World } from '../world.ts';
import { dayOf } from './day.ts';
import { fromNow, localTime, roughSpan } from './moments.ts';
import { countsText, failureLines } from './results.ts';
import { logsKey, runKeys } from './run-keys.ts';

const every = 1_000;

const columns: readonly Column[] = [
  { name: 'pipeline', rank: 0 },
  { name: 'status', rank: 0 },
  { name: 'last run', rank: 1 },
  { name: 'next', rank: 2 },
  { name: 'lag', rank: 4, align: 'right' },
  { name: 'last 24 h', rank: 3 },
  { name: 'read', rank: 5, align: 'right' },
  { name: 'rate', rank: 5, align: 'right' },
  { name: 'from and to', rank: 6, fills: true },
];

/** How all pipelines stand. */
export const dashboardPage: Page<Extract<Place, { page: 'dashboard' }>, Stands> = {
  command: () => 'syncline status',
  retryAfter: every,
  picks: true,
  async *load(world, _, signal) {
    let samples: Samples = new Map();
    for (;;) {
      const looked = await world.look(signal);
      const now = Date.now();
      samples = sampled(samples, looked, now);
      yield dashboardSheet(looked, now, samples);
      await setTimeout(every, undefined, { signal });
    }
  },
  keys: (world, _, row, picked) => {
    const stands = row?.about;
    const names = picked.length > 0 ? picked : stands === undefined ? [] : [stands.pipeline];
    return [...startKeys(world, names, stands), ...(stands === undefined ? [] : pipelineKeys(world, stands))];
  },
};

/** What each pipeline has read in its run, and when that was seen. */
type Samples = ReadonlyMap<string, readonly Sample[]>;

function sampled(before: Samples, { pipelines }: Looked, at: number): Samples {
  const running = pipelines.flatMap(({ pipeline, running, counts }) =>
    running && counts ? [{ key: keyOf(pipeline, running), read: counts.read }] : [],
  );
  return new Map(running.map(({ key, read }) => [key, withSample(before.get(key) ?? [], { at, read })]));
}

function keyOf(pipeline: string, running: NonNullable<Stands['running']>): string {
  return `${running.runId} ${pipeline}`;
}

export function dashboardSheet(looked: Looked, now: number, samples: Samples = new Map()): Sheet<Stands> {
  return {
    title: titleOf(looked),
    columns,
    rows: looked.pipelines.map((stands) => rowOf(stands, looked, now, samples)),
    empty: 'The config has no pipelines.',
  };
}

const schedulers = {
  active: '   scheduler: active',
  standby: '   scheduler: on standby',
  none: '   no scheduler',
  unknown: '',
} as const;

function titleOf({ pipelines, totals, scheduler }: Looked): string {
  const counts = standingWords
    .filter((word) => totals[word] > 0)
    .map((word) => `${totals[word]} ${words[word]}`);
  const told = [plural(pipelines.length, 'pipeline'), counts.join(' · ')].filter((text) => text !== '');
  return told.join(': ') + schedulers[scheduler];
}

const words = {
  idle: 'idle',
  running: 'running',
  failed: 'failed',
  never_run: 'never ran',
  paused: 'paused',
} as const;

const glyphs = { idle: '✓', running: '●', failed: '✗', never_run: '·', paused: '■' } as const;

function rowOf(stands: Stands, { recent }: Looked, now: number, samples: Samples): Row<Stands> {
  const { pipeline, status, running, counts, lastRun, nextRun, lag, from, to } = stands;
  const result = recent.find(({ runId }) => runId === lastRun?.runId)?.pipelines[pipeline] ?? undefined;
  const rate = running && rateAt(samples.get(keyOf(pipeline, running)) ?? [], now);
  const last =
    lastRun && `${outcomeGlyph(lastRun.status)} ${lastRun.status} ${fromNow(lastRun.finishedAt, now)}`;
  const read = counts?.read ?? result?.read;
  return {
    id: pipeline,
    cells: [
      pipeline,
      `${glyphs[status]} ${words[status]}${running ? ` ${roughSpan(now - Date.parse(running.since))}` : ''}`,
      last ?? '–',
      nextRun === undefined ? '–' : fromNow(nextRun, now),
      lag === undefined ? '–' : roughSpan(lag * 1000),
      dayOf(pipeline, recent, now),
      read === undefined ? '' : count(read),
      rate === undefined ? '' : `${rough(rate)}/s`,
      from === undefined ? '' : `${from} → ${to ?? ''}`,
    ],
    orders: [
      pipeline,
      status,
      lastRun && -Date.parse(lastRun.finishedAt),
      nextRun,
      lag,
      undefined,
      read,
      rate,
      from,
    ],
    tone: toneOf(stands),
    lines: linesOf(stands, result),
    about: stands,
  };
}

function toneOf({ status, lastRun }: Stands): Tone {
  if (status === 'failed') return 'bad';
  if (status === 'running') return 'good';
  if (status === 'paused' || status === 'never_run') return 'dim';
  return lastRun === undefined || lastRun.status === 'succeeded' || lastRun.status === 'skipped'
    ? 'plain'
    : 'warn';
}

function linesOf(stands: Stands, result: PipelineResult | undefined): NonNullable<Row['lines']> {
  const { from, to, running, counts, lastRun, lastSuccess, cursor, nextRun } = stands;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['way', from && `${from} → ${to ?? ''}`],
    ['runs', running && `${running.runId} since ${localTime(running.since)}`],
    ['counts', counts && countsText(counts)],
    ['last run', lastRun && `${lastRun.runId} ${lastRun.status} ${localTime(lastRun.finishedAt)}`],
    ['did', result && countsText(result)],
    ['success', lastSuccess && `${lastSuccess.runId} ${localTime(lastSuccess.finishedAt)}`],
    ['next run', nextRun && localTime(nextRun)],
    ['cursor', cursor],
  ];
  const told = facts.flatMap(([name, text]) => (text ? [{ text: `${name.padEnd(9)} ${text}` }] : []));
  return [...told, ...failureLines(result)];
}

function startKeys(world: World, names: readonly string[], stands: Stands | undefined): PageKey[] {
  const none = names.length === 0 ? 'no pipeline is marked' : undefined;
  const runs = names.length === 1 && names[0] === stands?.pipeline && stands?.running !== undefined;
  return [
    {
      key: 'r',
      word: 'run',
      does: 'run what is picked, or else the marked pipeline, and watch it',
      disabled: none ?? (runs ? 'it runs already' : undefined),
      act: {
        type: 'do',
        work: async (world) => ({ to: { page: 'run', run: await world.start(names) } }),
      },
    },
    {
      key: 'P',
      word: 'plan',
      does: 'what a run of these pipelines would change',
      disabled: none ?? world.cannot('plan'),
      act: { type: 'go', to: { page: 'plan', pipelines: names } },
    },
  ];
}

function pipelineKeys(world: World, { pipeline, status, running, lastRun }: Stands): PageKey[] {
  const isPaused = status === 'paused';
  const run = running?.runId ?? lastRun?.runId;
  const none = 'it never ran';
  const [changes, , undo] = runKeys(world, { run: lastRun?.runId, none, underWay: running !== undefined });
  return [
    {
      key: 'w',
      word: 'watch',
      does: 'its run as it goes, or the last one',
      disabled: run === undefined ? none : undefined,
      act: { type: 'go', to: { page: 'run', run: run ?? '' } },
    },
    {
      key: 'x',
      word: 'cancel',
      does: 'end its run after the batches under way (asks)',
      disabled: running === undefined ? 'it does not run' : undefined,
      act: {
        type: 'do',
        ask: `End the run of ${pipeline} after the batches under way? Its other pipelines end with it.`,
        work: async (world) => {
          if (running !== undefined) await world.cancel(running.runId);
          return { said: `the run of ${pipeline} ends after the batches under way` };
        },
      },
    },
    {
      key: 'p',
      word: isPaused ? 'resume' : 'pause',
      does: isPaused ? 'let its schedule start it again' : 'have no schedule start it',
      disabled: world.cannot('schedule'),
      act: {
        type: 'do',
        work: async (world) => {
          await (isPaused ? world.resume(pipeline) : world.pause(pipeline));
          return { said: `${pipeline} is ${isPaused ? 'resumed' : 'paused'}` };
        },
      },
    },
    { key: 'h', word: 'history', does: 'its runs', act: { type: 'go', to: { page: 'history', pipeline } } },
    ...(changes ? [changes] : []),
    {
      key: 'e',
      word: 'rejects',
      does: 'the rows that were refused, with why',
      disabled: world.cannot('rejects'),
      act: { type: 'go', to: { page: 'rejects', pipeline } },
    },
    logsKey(world, { pipeline }),
    ...(undo ? [undo] : []),
  ];
}
