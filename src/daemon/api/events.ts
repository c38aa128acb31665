import type { ServerResponse } from 'node:http';
import type { KeptRun } from '../../state/state.ts';
import type { LiveRun } from '../live-run.ts';

export interface StreamOptions {
  readonly run: KeptRun;
  readonly live?: LiveRun;
  /** The id of the last event that the client has. */
  readonly after: number;
}

/** A silent connection is not taken for a dead one. Milliseconds. */
const breath = 15_000;
/** A client that reads more slowly than the run tells is let go; it may come back with `Last-Event-ID`. */
const mostBuffered = 1_000_000;

/** Streams the events of a run as Server-Sent Events until it has ended. Of one that has, only its end is told. */
export function streamEvents(response: ServerResponse, { run, live, after }: StreamOptions): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (type: string, data: object, id?: number) => {
    response.write(
      `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    if (response.writableLength > mostBuffered) response.destroy();
  };
  if (live === undefined) {
    send('run_finished', { type: 'run_finished', at: run.finishedAt, result: run });
    response.end();
    return;
  }
  response.write(': the events of a run\n\n');
  const breathing = setInterval(() => response.write(':\n\n'), breath);
  const stop = live.follow(after, ({ id, event }) => {
    send(event.type, event, id);
    if (event.type === 'run_finished') response.end();
  });
  response.on('close', () => {
    clearInterval(breathing);
    stop();
  });
}
