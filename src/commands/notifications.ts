import type { RunEvent } from '../engine/events.ts';
import type { Runner } from '../engine/runner.ts';
import { type Notifier, openNotifier } from '../notify/notifier.ts';
import { jsonLines } from '../tui/json.ts';
import { printable } from '../tui/printable.ts';
import type { Shell } from './shell.ts';

type Notice = Extract<RunEvent, { type: 'notice' }>;

/**
 * The notifications of a command that runs pipelines. What is to be said of them is said when it closes, after the end
 * of the run: a screen may be shown until then.
 */
export function openNotifications(
  shell: Shell,
  { config, state }: Runner,
): Pick<Notifier, 'emit'> & { close(): Promise<void> } {
  const notices: Notice[] = [];
  const notifier = openNotifier(config, state, {
    tell: (level, message) => notices.push({ type: 'notice', at: new Date().toISOString(), level, message }),
    environment: shell.environment,
  });
  return {
    emit: notifier.emit,
    async close() {
      await notifier.close();
      for (const notice of notices) tellNotice(shell, notice);
    },
  };
}

function tellNotice(shell: Shell, notice: Notice): void {
  const { level, message } = notice;
  if (shell.ui === 'json') jsonLines(shell.tell)(notice);
  else if (level === 'warn') shell.tell(`warning: ${printable(message)}\n`);
  else if (shell.ui !== 'quiet') shell.tell(`${printable(message)}\n`);
}
