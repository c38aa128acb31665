/** A stand-in for the screens of a world, until they are there: how its pipelines stand, once a second. */

import { setTimeout } from 'node:timers/promises';
import { openKeyboard } from './keyboard.ts';
import type { SessionOptions } from './session.ts';
import type { World } from './world.ts';

export interface BrowseOptions extends SessionOptions {
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Has something done before the process ends, whatever ends it. */
  readonly lastly: (duty: () => void) => void;
}

/** Shows a world until a person leaves it; resolves with the exit code. */
export async function browse(world: World, options: BrowseOptions): Promise<number> {
  const { input, output, stop, lastly } = options;
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  const keyboard = openKeyboard(input, (key) => {
    if (key === 'q') leaving.abort();
    else if (key === 'ctrl-c') stop();
  });
  lastly(() => keyboard.close());
  let last = '';
  while (!signal.aborted) {
    const problem = await world.look(signal).then(({ pipelines }) => {
      last = pipelines.map(({ pipeline, status }) => `${pipeline} ${status}`).join('\r\n');
    }, String);
    output.write(`\x1b[2J\x1b[H${world.name}\r\n${problem ?? 'connected'}\r\n${last}\r\n`);
    await setTimeout(1000, undefined, { signal }).catch(() => undefined);
  }
  keyboard.close();
  return 0;
}
