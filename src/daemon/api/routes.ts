import type { FastifyInstance } from 'fastify';
import { SyncError } from '../../model/errors.ts';
import type { Control } from './control.ts';
import { streamEvents } from './events.ts';

/** The routes; whether a request may come here at all was judged before. */
export function addRoutes(app: FastifyInstance, control: Control): void {
  app.get('/healthz', (_, reply) => reply.send());
  app.get('/readyz', async (_, reply) =>
    reply
      .code((await control.ready()) ? 200 : 503)
      .header('syncline-scheduler', control.scheduler())
      .send(),
  );
  app.get('/metrics', async (_, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await control.metrics()),
  );
  app.get('/api/v1/status', async () => ({
    scheduler: control.scheduler(),
    pipelines: await control.status(),
  }));
  app.post<{ Params: { name: string }; Body: unknown }>(
    '/api/v1/pipelines/:name/run',
    async ({ params, body }, reply) => {
      if (body !== undefined && (typeof body !== 'object' || body === null || Object.keys(body).length > 0))
        throw new SyncError('api/request', 'a run takes no options, so its body is empty or {}');
      const runId = await control.start(params.name);
      return reply.code(202).header('location', `/api/v1/runs/${runId}`).send({ runId });
    },
  );
  app.get<{ Params: { id: string } }>('/api/v1/runs/:id', ({ params }) => keptRun(control, params.id));
  app.get<{ Params: { id: string } }>(
    '/api/v1/runs/:id/events',
    { exposeHeadRoute: false },
    async (request, reply) => {
      const { id } = request.params;
      const live = control.live(id);
      const run = await keptRun(control, id);
      if (live === undefined && run.status === 'running')
        throw new SyncError(
          'usage/unknown_run',
          'the run is under way in another process, which alone knows its events',
        );
      const after = Number(request.headers['last-event-id'] ?? 0);
      reply.hijack();
      streamEvents(reply.raw, { run, live, after: Number.isSafeInteger(after) ? after : 0 });
    },
  );
}

async function keptRun(control: Control, id: string) {
  const run = await control.run(id);
  if (run === undefined)
    throw new SyncError('usage/unknown_run', 'no run of that id is remembered', {
      hint: 'GET /api/v1/status tells the last run of each pipeline.',
    });
  return run;
}
