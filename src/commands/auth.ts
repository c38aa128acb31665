import { forgetLogin, logIn } from '../engine/login.ts';
import { SyncError } from '../model/errors.ts';
import { printError } from './error.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

export interface AuthFlags {
  readonly forget: boolean;
  /** False where nobody is there to log in. */
  readonly input: boolean;
}

/** Lets a person log in for a source or sink; the exit code is 6 where that failed. */
export async function auth(shell: Shell, name: string, { forget, input }: AuthFlags): Promise<number> {
  const config = await openConfig(shell);
  const stop = stopSignal();
  const { signal } = stop;
  try {
    if (forget) {
      const whose = await forgetLogin(config, name, signal);
      shell.tell(`${whose.join(' and ')}: no tokens are kept any more\n`);
      return 0;
    }
    const show = (url: string) => {
      if (!input) throw noInput(name);
      shell.tell(`Open this address in a browser on this machine, and log in there:\n\n  ${url}\n\n`);
      shell.tell('Waiting for up to 5 minutes; Ctrl-C gives up.\n');
    };
    const { who, renewable } = await logIn(config, name, { show, signal });
    const sealed = config.key === undefined ? '' : ', sealed with SYNCLINE_KEY';
    shell.tell(`${who} is logged in; its tokens are kept in the state${sealed}\n`);
    if (!renewable) shell.tell(`warning: ${unrenewable}\n`);
    return 0;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return stop.code ?? 130;
    if (!(error instanceof SyncError) || !error.code.startsWith('http/')) throw error;
    await printError(shell, error);
    return 6;
  } finally {
    stop.forget();
  }
}

function noInput(name: string): SyncError {
  return new SyncError(
    'usage/invalid',
    `syncline auth ${name} needs a person, and --no-input says there is none`,
    {
      hint: 'Run it where somebody can open a browser on the same machine.',
    },
  );
}

const unrenewable =
  'the server gave no refresh token, so this login ends with its token; `auth.params` or a scope such as offline_access may ask for one';
