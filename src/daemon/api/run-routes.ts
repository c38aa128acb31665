import type { FastifyReply } from 'fastify';
import { durationPattern, parseDuration } from '../../model/duration.ts';
import { SyncError } from '../../model/errors.ts';
import type { HistoryFilter, KeptRun } from '../../state/state.ts';
import type { Control, RunRequest, StartedRun } from './control.ts';
import { streamEvents } from './events.ts';
import { type AddRoute, type Answer, closed, type Schema } from './route.ts';
import { ref, runStatuses } from './schemas.ts';

const names: Schema = { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 1000 };

/** Which part of its stream a run reads. */
const part = {
  partition: {
    type: 'object',
    minProperties: 1,
    additionalProperties: { type: ['string', 'number'] },
    description: 'Only the partitions with these values, such as `{"project": "alpha"}`.',
  },
  full: { type: 'boolean', description: 'Read everything, ignoring cursors.' },
  from: {
    type: 'string',
    description: 'Read from here, leaving the cursor alone: a date, a timestamp, a number, or -7d.',
  },
  to: { type: 'string', description: 'Read up to here, exclusive.' },
};

const key = {
  'idempotency-key': {
    type: 'string',
    pattern: '^[!-~]{8,255}$',
    description: 'The same request with the same key starts one run in 24 hours, also after a restart.',
  },
};

const started: { readonly [status: number]: Answer } = {
  202: {
    description: 'The run is under way, or was started before under this key.',
    schema: ref('StartedRun'),
    headers: {
      location: { type: 'string', description: 'Where the run is told.' },
      'idempotency-replayed': { const: 'true', description: 'It was started before under this key.' },
    },
  },
};

const refusedStart = {
  404: 'There is no such pipeline.',
  409: 'All that would run is running already.',
  422: 'The key was used for another request.',
  503: 'The daemon is being stopped.',
};

/** Starts, lists and forgets runs. */
export function addRunRoutes(add: AddRoute, control: Control): void {
  const common = { method: 'POST', headers: key, answers: started, errors: refusedStart } as const;
  add<{ Body: RunRequest; Headers: Keyed }>({
    ...common,
    url: '/api/v1/runs',
    summary: 'Starts a run.',
    description:
      'Without pipelines and selectors, of all that are enabled. Those that run already end `busy` in it.',
    body: closed({
      pipelines: { ...names, description: 'By their exact names.' },
      select: { ...names, description: 'Names, globs with `*`, or tag:NAME.' },
      ...part,
    }),
    handler: async ({ body, headers }, reply) =>
      answerStarted(reply, await control.start(body, headers['idempotency-key'])),
  });
  add<{ Params: { name: string }; Body: RunRequest; Headers: Keyed }>({
    ...common,
    url: '/api/v1/pipelines/:name/run',
    summary: 'Starts a run of one pipeline.',
    body: closed(part),
    handler: async ({ params, body, headers }, reply) => {
      const request = { ...body, pipelines: [params.name] };
      return answerStarted(reply, await control.start(request, headers['idempotency-key']));
    },
  });
  add<{ Querystring: { limit: number; status?: KeptRun['status']; pipeline?: string } }>({
    method: 'GET',
    url: '/api/v1/runs',
    summary: 'The runs that are remembered, the newest first.',
    query: {
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
      status: { enum: runStatuses },
      pipeline: { type: 'string', description: 'Those with this pipeline.' },
    },
    answers: {
      200: {
        description: 'With what each pipeline did.',
        schema: closed({ runs: { type: 'array', items: ref('Run') } }, ['runs']),
      },
    },
    errors: { 404: 'There is no such pipeline.' },
    handler: async ({ query }) => ({ runs: await control.runs(query) }),
  });
  add<{ Querystring: Clearing }>({
    method: 'DELETE',
    url: '/api/v1/runs',
    summary: 'Forgets runs that have ended, with their rejects. One of the three says which.',
    query: {
      keep_latest: { const: true, type: 'boolean', description: 'All but the latest of each pipeline.' },
      older_than: {
        type: 'string',
        pattern: durationPattern,
        description: 'Those that began longer ago: 24h 7d 2w 3mo.',
      },
      all: { const: true, type: 'boolean' },
    },
    answers: {
      200: {
        description: 'How many.',
        schema: closed({ cleared: { type: 'integer', minimum: 0 } }, ['cleared']),
      },
    },
    handler: async ({ query }) => ({ cleared: await control.clear(clearingOf(query)) }),
  });
}

/** What is asked of one run. */
export function addOneRunRoutes(add: AddRoute, control: Control): void {
  const unknown = { 404: 'No run of that id is remembered.' };
  add<{ Params: OneRun }>({
    method: 'GET',
    url: '/api/v1/runs/:id',
    summary: 'One run.',
    answers: { 200: { description: 'With what each pipeline did.', schema: ref('Run') } },
    errors: unknown,
    handler: ({ params }) => keptRun(control, params.id),
  });
  add<{ Params: OneRun; Headers: { 'last-event-id'?: string } }>({
    method: 'GET',
    url: '/api/v1/runs/:id/events',
    summary: 'What a run tells, as it happens, until it ends.',
    description:
      'From its start, or after the event with the id of `Last-Event-ID`; also when the run has ended. Of the ' +
      'progress of a pipeline the last is kept, and of others 1,000. Of a run that no daemon had only its end is known.',
    headers: { 'last-event-id': { type: 'string', pattern: '^[0-9]{1,15}$' } },
    headless: true,
    answers: {
      200: { description: 'Server-Sent Events, their data as JSON.', content: 'text/event-stream' },
      204: { description: 'The run has ended, and there is nothing after that event.' },
    },
    errors: {
      404: 'No run of that id is remembered, or another process has it, which alone knows its events.',
    },
    handler: async ({ params, headers }, reply) => {
      const after = Number(headers['last-event-id'] ?? 0);
      const live = control.live(params.id);
      const run = await keptRun(control, params.id);
      if (live === undefined && run.status === 'running') throw elsewhere();
      const events = live ?? (await control.events(params.id));
      return streamEvents(reply, { run, events, after });
    },
  });
  add<{ Params: OneRun }>({
    method: 'POST',
    url: '/api/v1/runs/:id/cancel',
    summary: 'Ends a run after the batches under way. What was committed stays.',
    body: closed({}),
    answers: { 202: { description: 'It will end, as `cancelled`.', schema: ref('StartedRun') } },
    errors: { ...unknown, 409: 'The run has ended.' },
    handler: async ({ params }, reply) => {
      await control.cancel(params.id);
      return reply.code(202).send({ runId: params.id });
    },
  });
  add<{ Params: OneRun; Body: { force?: boolean } }>({
    method: 'POST',
    url: '/api/v1/runs/:id/undo',
    summary: 'Takes a run back: its rows and its checkpoints. Answers when that is done.',
    body: closed({ force: { type: 'boolean', description: 'Take back rows that were changed since, too.' } }),
    answers: { 200: { description: 'What was taken back.', schema: ref('Undone') } },
    errors: {
      404: 'No journal holds what that run changed.',
      409: 'A pipeline of it runs, a later run is undone first, or rows were changed since: they are named.',
      503: 'The daemon is being stopped. What is left is undone when it is asked for again.',
    },
    handler: ({ params, body }) => control.undo(params.id, { force: body.force ?? false }),
  });
}

interface OneRun {
  readonly id: string;
}

interface Keyed {
  readonly 'idempotency-key'?: string;
}

interface Clearing {
  readonly keep_latest?: true;
  readonly older_than?: string;
  readonly all?: true;
}

function answerStarted(reply: FastifyReply, { runId, replayed }: StartedRun): FastifyReply {
  if (replayed) reply.header('idempotency-replayed', 'true');
  return reply.code(202).header('location', `/api/v1/runs/${runId}`).send({ runId });
}

function clearingOf(query: Clearing): HistoryFilter {
  const { all, older_than } = query;
  if (Object.keys(query).length !== 1)
    throw new SyncError(
      'api/request',
      'one of keep_latest, older_than and all says which runs are forgotten',
      {
        hint: 'Such as DELETE /api/v1/runs?keep_latest=true.',
      },
    );
  if (all) return { type: 'all' };
  if (older_than === undefined) return { type: 'keep_latest' };
  const milliseconds = parseDuration(older_than);
  if (milliseconds !== undefined) return { type: 'older_than', milliseconds };
  throw new SyncError('api/request', `older_than: "${older_than}" is not a duration`);
}

async function keptRun(control: Control, id: string): Promise<KeptRun> {
  const run = await control.run(id);
  if (run !== undefined) return run;
  throw new SyncError('usage/unknown_run', 'no run of that id is remembered', {
    hint: 'GET /api/v1/runs lists those that are.',
  });
}

function elsewhere(): SyncError {
  return new SyncError(
    'usage/unknown_run',
    'the run is under way in another process, which alone knows its events',
  );
}
