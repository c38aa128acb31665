import type { RunEvent } from '../engine/events.ts';

/** The version of the events' shape; it grows when a field is taken away or changes its meaning. */
const version = 1;

/** Tells a run in JSON: one event a line. */
export function jsonLines(write: (text: string) => void): (event: RunEvent) => void {
  return (event) => write(`${JSON.stringify({ version, ...event })}\n`);
}
