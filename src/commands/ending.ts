/**
 * How the process ends: as its command did, and in no other way. Plugins and merge functions run in this process, and
 * may call `process.exit`, throw where nothing catches it, or wait for what never comes.
 */

import { writeSync } from 'node:fs';

/** The exit code of what nobody foresaw. */
const unforeseen = 70;

let endingSaid = false;

const lastDuties: (() => void)[] = [];

/** Has something done before the process says why it ends, whatever ends it: a screen is taken down, so that it is seen. */
export function beforeLastWords(duty: () => void): void {
  lastDuties.push(duty);
}

function doLastDuties(): void {
  for (const duty of lastDuties.splice(0)) duty();
}

/** Ends the process at once; `line` says why. */
export function endNow(code: number, line?: string): never {
  endingSaid = true;
  doLastDuties();
  if (line !== undefined) say(line);
  process.exit(code);
}

/** Runs the command and sets the exit code it resolves with. `tellCrash` tells what was thrown where nothing caught it. */
export function endWith(
  command: () => Promise<number>,
  tellCrash: (error: unknown) => Promise<unknown>,
): void {
  let code: number | undefined;
  let crashed = false;
  const lost = lostOutput();
  const crash = (error: unknown) => {
    // One crash often brings the next one.
    if (crashed) return;
    crashed = true;
    doLastDuties();
    tellCrash(error).finally(() => endNow(unforeseen));
  };
  process.exitCode = unforeseen;
  process.on('uncaughtException', crash);
  process.on('beforeExit', () => {
    if (code === undefined && !crashed)
      endNow(
        unforeseen,
        'error nothing is left to do, and the command has not ended: a plugin waits for what never comes  [plugin/stalled]',
      );
  });
  process.on('exit', (exiting) => {
    doLastDuties();
    if (endingSaid) return;
    if (code === undefined) {
      say(`error something called process.exit(${exiting}) before the command had ended  [plugin/exit]`);
      process.exitCode = unforeseen;
    } else if (lost.error !== undefined && (code === 0 || code === 3)) {
      say(`error the output could not be written: ${lost.error.message}  [output/failed]`);
      process.exitCode = 1;
    }
  });
  command().then((ended) => {
    // It may come to its end while a crash is told, which is what counts.
    if (crashed) return;
    code = ended;
    process.exitCode = ended;
    // What a plugin left open does not keep the process, once all is written.
    process.stdout.write('', () => setTimeout(() => process.exit(), 1_000).unref());
  }, crash);
}

/**
 * A reader that went away (`| head -1`) is no fault: the work goes on, its output goes nowhere. So it does after any
 * other error, which is kept: whoever can do something about it hears of it from its own write.
 */
function lostOutput(): { readonly error?: Error } {
  const lost: { error?: Error } = {};
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') lost.error ??= error;
    });
  return lost;
}

/** Says a line even while the process ends, when nothing waits for a stream any more. */
function say(line: string): void {
  try {
    writeSync(process.stderr.fd, `${line}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
