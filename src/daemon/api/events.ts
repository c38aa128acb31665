import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { KeptRun } from '../../state/state.ts';
import { LiveRun, type NumberedEvent } from '../live-run.ts';

export interface StreamOptions {
  readonly run: KeptRun;
  /** Of a run that has ended, those that are kept. */
  readonly events: LiveRun | readonly NumberedEvent[];
  /** The id of the last event that the client has. */
  readonly after: number;
}

/** A silent connection is not taken for a dead one. Milliseconds. */
const breath = 15_000;
/** A client that reads more slowly than the run tells is let go; it may come back with `Last-Event-ID`. */
const mostBuffered = 1_000_000;

/** Streams the events of a run as Server-Sent Events until it has ended. */
export function streamEvents(reply: FastifyReply, { run, events, after }: StreamOptions): FastifyReply {
  if (events instanceof LiveRun) {
    streamLive(begin(reply), events, after);
    return reply;
  }
  const left = events.filter(({ id }) => id > after);
  // A client that is told so does not come back for more.
  if (events.length > 0 && left.length === 0) return reply.code(204).send();
  const response = begin(reply);
  for (const event of left) send(response, event.event.type, event.event, event.id);
  // Nobody kept what it told.
  if (events.length === 0)
    send(response, 'run_finished', { type: 'run_finished', at: run.finishedAt, result: run });
  response.end();
  return reply;
}

function begin(reply: FastifyReply): ServerResponse {
  reply.hijack();
  return reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
}

function send(response: ServerResponse, type: string, data: object, id?: number): void {
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function streamLive(response: ServerResponse, live: LiveRun, after: number): void {
  response.write(': the events of a run\n\n');
  const breathing = setInterval(() => response.write(':\n\n'), breath);
  let caughtUp = false;
  const stop = live.follow(after, (numbered) => {
    if (numbered === undefined) response.end();
    else send(response, numbered.event.type, numbered.event, numbered.id);
    if (caughtUp && response.writableLength > mostBuffered) response.destroy();
  });
  caughtUp = true;
  response.on('close', () => {
    clearInterval(breathing);
    stop();
  });
}
