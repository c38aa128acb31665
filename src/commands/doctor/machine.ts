import { arch, release, type } from 'node:os';
import { libsqlVersion } from '../../state/inspection.ts';
import type { Shell } from '../shell.ts';
import { bad, type Finding, good, warning } from './finding.ts';

/** The oldest Node.js that Syncline works with. */
const oldestNode = [20, 19] as const;

/** Versions, the clock, the terminal, and the way to the network. */
export async function machineFindings(shell: Shell): Promise<Finding[]> {
  return [
    good('syncline', shell.version),
    node(process.versions.node),
    await libsql(),
    good('system', `${type()} ${release()}, ${arch()}`),
    clock(new Date()),
    terminal(shell),
    screen(shell),
    ...proxies(shell.environment),
  ];
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = oldestNode;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return good('node', version);
  return bad('node', `${version} is too old`, `Install Node.js ${oldestNode.join('.')} or later.`);
}

async function libsql(): Promise<Finding> {
  try {
    const { libsql, sqlite } = await libsqlVersion();
    return good('libsql', `${libsql} with SQLite ${sqlite}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const next = 'Install again on this machine: the driver differs from system to system.';
    return bad('libsql', `the driver cannot be loaded: ${reason}`, next);
  }
}

function clock(now: Date): Finding {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const minutes = -now.getTimezoneOffset();
  const padded = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${padded(Math.abs(minutes) / 60)}:${padded(Math.abs(minutes) % 60)}`;
  return good('clock', `${now.toISOString()}, here ${timeZone} (UTC${offset})`);
}

function terminal({ environment, look }: Shell): Finding {
  const { stdin, stdout, stderr } = process;
  const streams = Object.entries({ input: stdin, output: stdout, errors: stderr });
  const terminals = streams.filter(([, { isTTY }]) => isTTY).map(([name]) => name);
  const size = stderr.isTTY ? [`${stderr.columns} × ${stderr.rows}`] : [];
  const facts = [
    terminals.length === 0 ? 'none' : terminals.join(', '),
    ...size,
    `TERM ${environment.TERM ?? 'is not set'}`,
    look.colors.isColorSupported ? 'colours' : 'no colours',
    look.unicode ? 'UTF-8' : 'ASCII (the locale is not UTF-8)',
  ];
  return good('terminal', facts.join(', '));
}

function screen({ ui, screenHindrance }: Shell): Finding {
  if (ui === 'auto' && screenHindrance === undefined) return good('runs are shown', 'on a screen');
  if (ui === 'auto') return good('runs are shown', `in lines: ${screenHindrance}`);
  if (ui !== 'tui' || screenHindrance === undefined) return good('runs are shown', `as --ui ${ui} says`);
  return bad('runs are shown', `not at all: --ui tui, and ${screenHindrance}`, 'Leave --ui out.');
}

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

function proxies(environment: Shell['environment']): Finding[] {
  const names = proxyVariables.flatMap((name) => [name.toLowerCase(), name]);
  const set = names.flatMap((name) => {
    const value = environment[name];
    return value ? [proxy(name, value)] : [];
  });
  return set.length === 0 ? [good('proxy', 'none')] : set;
}

/** A password may be in the address. */
function proxy(name: string, value: string): Finding {
  if (/^no_proxy$/i.test(name)) return good(name, value);
  if (!URL.canParse(value)) return warning(name, 'set, but no URL', 'Write it as http://HOST:PORT.');
  const { protocol, host, username, password } = new URL(value);
  return good(name, `${protocol}//${username || password ? '***@' : ''}${host}`);
}
