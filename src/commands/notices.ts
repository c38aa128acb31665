import type { Emit } from '../engine/events.ts';
import { paced, wordsOf } from '../engine/words.ts';
import { printable } from '../tui/printable.ts';
import type { Shell } from './shell.ts';

/** Tells what sources and sinks warn of, and what they wait for, where there is no run to show it. */
export function tellNotices(shell: Shell): Emit {
  const isTold = paced();
  return (event) => {
    if (shell.ui === 'quiet' || !isTold(event)) return;
    const isWarning = event.type === 'notice' && event.level === 'warn';
    if (isWarning || event.type === 'waiting')
      shell.tell(`${isWarning ? 'warning: ' : ''}${printable(wordsOf(event))}\n`);
  };
}
