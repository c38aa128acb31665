import type { FastifyInstance } from 'fastify';
import { standingTotals } from '../../engine/standing.ts';
import type { Control } from './control.ts';
import { openApiDocument } from './openapi.ts';
import { type AddRoute, closed, routesOf } from './route.ts';
import { addOneRunRoutes, addRunRoutes } from './run-routes.ts';
import { ref } from './schemas.ts';

/** The routes; whether a request may come here at all was judged before. */
export function addRoutes(app: FastifyInstance, control: Control): void {
  const { add, routes } = routesOf(app);
  addHealthRoutes(add, control);
  add({
    method: 'GET',
    url: '/api/v1/openapi.json',
    summary: 'This document.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: { type: 'object' } } },
    handler: () => openApiDocument(routes),
  });
  add({
    method: 'GET',
    url: '/api/v1/status',
    summary: 'How each pipeline stands, and how many stand so.',
    answers: { 200: { description: 'In the order of the config.', schema: ref('Status') } },
    handler: async () => {
      const pipelines = await control.status();
      return { scheduler: control.scheduler(), totals: standingTotals(pipelines), pipelines };
    },
  });
  add({
    method: 'GET',
    url: '/api/v1/statistics',
    summary: 'Rows in each target, runs by status, and the checkpoints that are held.',
    answers: { 200: { description: 'As of now.', schema: ref('Statistics') } },
    errors: { 503: 'The daemon is being stopped.' },
    handler: () => control.statistics(),
  });
  addRunRoutes(add, control);
  addOneRunRoutes(add, control);
  addPauseRoutes(add, control);
}

function addHealthRoutes(add: AddRoute, control: Control): void {
  add({
    method: 'GET',
    url: '/healthz',
    summary: 'Whether the daemon answers.',
    open: true,
    answers: { 200: { description: 'It does.' } },
    handler: (_, reply) => reply.send(),
  });
  add({
    method: 'GET',
    url: '/readyz',
    summary: 'Whether runs can be started and remembered.',
    open: true,
    answers: { 200: { description: 'They can.' }, 503: { description: 'They cannot.' } },
    handler: async (_, reply) =>
      reply
        .code((await control.ready()) ? 200 : 503)
        .header('syncline-scheduler', control.scheduler())
        .send(),
  });
  add({
    method: 'GET',
    url: '/metrics',
    summary: 'What the daemon did and how it stands, for Prometheus.',
    answers: { 200: { description: 'In the text format, version 0.0.4.', content: 'text/plain' } },
    handler: async (_, reply) =>
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await control.metrics()),
  });
}

function addPauseRoutes(add: AddRoute, control: Control): void {
  const common = {
    method: 'POST',
    body: closed({}),
    answers: { 200: { description: 'As it is now, also when it was before.', schema: ref('Pause') } },
    errors: { 404: 'There is no such pipeline.' },
  } as const;
  add<{ Params: { name: string } }>({
    ...common,
    url: '/api/v1/pipelines/:name/pause',
    summary: 'Lets the schedule of a pipeline start nothing, until it is resumed.',
    description: 'A run that is under way goes on, and by hand it still runs. A restart changes nothing.',
    handler: ({ params }) => control.pause(params.name),
  });
  add<{ Params: { name: string } }>({
    ...common,
    url: '/api/v1/pipelines/:name/resume',
    summary: 'Lets the schedule of a pipeline start it again.',
    description: 'What it left out meanwhile is not made up for.',
    handler: ({ params }) => control.resume(params.name),
  });
}
