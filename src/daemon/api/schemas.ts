import { standingWords } from '../../engine/standing.ts';
import { noCounts, outcomes } from '../../model/result.ts';
import { closed, type Schema } from './route.ts';

/** What the API answers with, by the name it has in the OpenAPI document. */

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time', description: 'UTC.' };
const number: Schema = { type: 'integer', minimum: 0 };
const word: Schema = { enum: standingWords };
const outcome: Schema = { enum: outcomes };

export const runStatuses = [...outcomes, 'mixed', 'running'] as const;

export function ref(name: keyof typeof schemas): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function byName(schema: Schema): Schema {
  return { type: 'object', additionalProperties: schema };
}

function refTo(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const counts = Object.fromEntries(Object.keys(noCounts).map((name) => [name, number]));

const standing = {
  status: word,
  counts: { ...refTo('Counts'), description: 'What was done so far, where it is running.' },
  lastRun: refTo('EndedPipeline'),
  lastSuccess: refTo('EndedPipeline'),
  lag: { ...number, description: 'Seconds since the start of the last success.' },
  nextRun: time,
  cursor: { ...text, description: 'Where the last read that came to its end will go on.' },
};

const failure = { code: text, message: text, hint: text };

const checkpoint = {
  kind: { enum: ['cursor', 'sync_token', 'none'] },
  held: { type: 'boolean' },
  cursor: text,
  error: refTo('Failure'),
};

export const schemas = {
  Error: closed({ error: refTo('Failure') }, ['error']),
  Failure: closed(failure, ['code', 'message']),
  Counts: closed(counts, Object.keys(counts)),
  PipelineResult: closed(
    {
      ...counts,
      status: outcome,
      durationMs: number,
      error: refTo('Failure'),
      reason: text,
      resumeAt: time,
      calls: closed({ pages: number, requests: number, retries: number, waitedMs: number }),
      stopped: text,
      cursor: closed({ from: text, to: text }),
      targets: byName(refTo('PipelineResult')),
      partitions: byName(refTo('PipelineResult')),
    },
    ['status', 'durationMs', ...Object.keys(counts)],
  ),
  Run: closed(
    {
      runId: text,
      status: { enum: runStatuses },
      exitCode: { type: 'integer' },
      startedAt: time,
      finishedAt: time,
      undone: { const: true },
      pipelines: byName({ anyOf: [refTo('PipelineResult'), { type: 'null' }] }),
    },
    ['runId', 'status', 'startedAt', 'pipelines'],
  ),
  StartedRun: closed({ runId: text }, ['runId']),
  EndedPipeline: closed({ runId: text, status: outcome, startedAt: time, finishedAt: time }, [
    'runId',
    'status',
    'startedAt',
    'finishedAt',
  ]),
  Status: closed(
    {
      scheduler: { enum: ['active', 'standby'], description: 'Of the daemons on one state, one is active.' },
      totals: closed(Object.fromEntries(standingWords.map((one) => [one, number])), standingWords),
      pipelines: { type: 'array', items: refTo('PipelineStanding') },
    },
    ['scheduler', 'totals', 'pipelines'],
  ),
  PipelineStanding: closed(
    {
      pipeline: text,
      ...standing,
      running: closed({ runId: text, since: time }, ['runId', 'since']),
      skipped: { ...number, description: 'Occurrences of its schedule that did not run.' },
      partitions: byName(closed(standing, ['status'])),
    },
    ['pipeline', 'status'],
  ),
  Pause: closed({ pipeline: text, paused: { type: 'boolean' }, since: time }, ['pipeline', 'paused']),
  Undone: closed(
    {
      runId: { ...text, description: 'The run that undid.' },
      pipelines: {
        type: 'array',
        items: closed({
          pipeline: text,
          inserted: number,
          updated: number,
          deleted: number,
          edited: { type: 'array', items: text, description: 'Rows that somebody changed since.' },
        }),
      },
    },
    ['pipelines'],
  ),
  Statistics: closed(
    {
      targets: {
        type: 'array',
        items: closed(
          {
            pipeline: text,
            sink: text,
            target: text,
            total: number,
            active: number,
            deleted: number,
            error: refTo('Failure'),
          },
          ['pipeline', 'sink', 'target'],
        ),
      },
      runs: byName(number),
      pipelines: {
        type: 'array',
        items: closed(
          {
            pipeline: text,
            status: word,
            lastRun: refTo('EndedPipeline'),
            lastSuccess: refTo('EndedPipeline'),
            lastError: closed({ ...failure, runId: text, finishedAt: time }),
            checkpoint: closed(checkpoint, ['kind']),
            partitions: byName(closed(checkpoint, ['kind'])),
          },
          ['pipeline', 'status', 'checkpoint'],
        ),
      },
    },
    ['targets', 'runs', 'pipelines'],
  ),
} satisfies { readonly [name: string]: Schema };
