import { type CheckedPlugin, checkPlugins } from '../engine/check.ts';
import { duration } from '../tui/numbers.ts';
import { printable } from '../tui/printable.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { tellNotices } from './notices.ts';
import { columns, openConfig, printList, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

/** Another clock that is so far off ours, in milliseconds, is told. */
const worthTelling = 2_000;

/** Connects to sources and sinks, all or those named, and writes nothing: exit code 6 when one of them would not work. */
export async function check(shell: Shell, names: readonly string[]): Promise<number> {
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const stop = stopSignal();
  const checked = await checkPlugins(config, names, {
    emit: tellNotices(shell),
    signal: stop.signal,
    report_bug: (error) => writeCrash(error, shell.redact),
  }).finally(stop.forget);
  printList(shell, checked, () => table(checked, shell));
  return checked.every(({ ok }) => ok) ? 0 : 6;
}

function table(checked: readonly CheckedPlugin[], { look }: Shell): string {
  const [good, bad] = look.unicode ? ['✓', '✗'] : ['ok', ' x'];
  const lines = columns(
    checked.map(({ ok, kind, name, detail = '', error, latencyMs }) => {
      const told = error === undefined ? detail : `${error.message}  [${error.code}]`;
      const took = latencyMs === undefined ? '' : `${latencyMs} ms`;
      return [ok ? good : bad, kind, name, took.padStart(8), printable(told).replaceAll('\n', ' ')];
    }),
  ).split('\n');
  return checked.map((one, line) => `${lines[line]}\n${aside(one)}`).join('');
}

/** What stands below the line of one. */
function aside({ error, clockSkewMs = 0 }: CheckedPlugin): string {
  const far = Math.abs(clockSkewMs) >= worthTelling;
  const clock = `    its clock is ${duration(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? 'ahead of' : 'behind'} ours\n`;
  const hint = error?.hint === undefined ? '' : `    ${printable(error.hint)}\n`;
  return `${hint}${far ? clock : ''}`;
}
