import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told so that nobody else is taken for it: numbers of processes are given again. */
export interface ProcessId {
  readonly host: string;
  readonly pid: number;
  /** Where its number counts and when it began; empty where the system does not tell. */
  readonly started: string;
}

export const thisProcess: ProcessId = {
  host: hostname(),
  pid: process.pid,
  started: startOf(process.pid) ?? '',
};

/**
 * True when that process has ended for sure. Of other machines and containers nothing is known: they are judged by
 * the signs of life they leave in the state.
 */
export function hasEnded({ host, pid, started }: ProcessId): boolean {
  if (host !== thisProcess.host || placeOf(started) !== placeOf(thisProcess.started)) return false;
  const known = startOf(pid);
  if (known !== undefined && started !== '') return known !== started;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Any other failure says that there is such a process, of somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** `BOOT/NAMESPACE/TICKS` on Linux, without ticks for the remains of a process; undefined where nothing is told. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name of the program, in brackets, may hold anything; the state and the start are the 1st and 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields[0] === 'Z' || fields[0] === 'X' ? '' : fields[19];
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}/${ticks}`;
  } catch {
    return undefined;
  }
}

function placeOf(started: string): string {
  return started.slice(0, started.lastIndexOf('/') + 1);
}
