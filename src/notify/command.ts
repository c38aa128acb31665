import { spawn } from 'node:child_process';
import { SyncError } from '../model/errors.ts';
import type { Secrets } from '../model/secrets.ts';

export interface CommandOptions {
  /** A program and its arguments. */
  readonly run: readonly string[];
  readonly directory: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** So much of what a command says is kept. */
const longestOutput = 4000;
/** What it left running may hold its output open: so long it is listened to, in milliseconds. */
const lastWords = 500;

/**
 * Runs a command with this text on its standard input; resolves with what it said. Throws `notify/command` where it
 * fails or takes too long; then it is ended, with all it started.
 */
export async function runCommand(options: CommandOptions, input: string): Promise<string> {
  const { run, directory, environment, timeout, signal } = options;
  const [program = '', ...args] = run;
  signal.throwIfAborted();
  // A group of its own, so that it can be ended as a whole, and Ctrl-C does not reach it.
  const child = spawn(program, args, { cwd: directory, env: { ...environment }, detached: true });
  const end = () => endGroup(child.pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeout);
  let output = '';
  const listen = (chunk: Buffer) => {
    if (output.length < longestOutput) output += chunk.toString();
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  // It need not read what it is told.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  signal.addEventListener('abort', end);
  try {
    const ending = await ended(child);
    signal.throwIfAborted();
    const said = output.slice(0, longestOutput).trim();
    if (late) throw failed(program, `did not end within ${timeout / 1000} s, and was ended`, said);
    if (ending !== 'exit code 0') throw failed(program, `ended with ${ending}`, said);
    return said;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Resolves with how it ended, when it has said all it will. */
function ended(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(failed(child.spawnfile, `could not be started: ${error.code ?? error.message}`, '')),
    );
    child.on('exit', (code, signal) => {
      const ending = code === null ? String(signal) : `exit code ${code}`;
      const timer = setTimeout(() => resolve(ending), lastWords);
      child.on('close', () => {
        clearTimeout(timer);
        resolve(ending);
      });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function failed(program: string, what: string, said: string): SyncError {
  return new SyncError('notify/command', `${program} ${what}${said === '' ? '' : `; it said: ${said}`}`);
}

/** An environment without the variables that hold a secret. */
export function withoutSecrets(
  environment: CommandOptions['environment'],
  secrets: Secrets,
): CommandOptions['environment'] {
  const clean = Object.entries(environment).filter(
    ([name, value = '']) => name !== 'SYNCLINE_KEY' && !secrets.has(value) && secrets.redact(value) === value,
  );
  return Object.fromEntries(clean);
}
