import { SyncError } from '../../model/errors.ts';
import { plural } from '../../model/plural.ts';
import { inspectState, type StateInspection } from '../../state/inspection.ts';
import { schedulerLease } from '../../state/state.ts';
import { size } from '../../tui/numbers.ts';
import { bad, type Finding, good, warning } from './finding.ts';

/** A run that begins so much later than now was dated by another clock, in milliseconds. */
const future = 60_000;

/** What the state is like, who holds its leases, and which runs did not come to their end. */
export async function stateFindings(file: string): Promise<Finding[]> {
  try {
    const found = await inspectState(file);
    if (found === undefined) return [good('state', `${file} is not there yet: the first run makes it`)];
    return [...fileFindings(found, file), ...leaseFindings(found), ...runFindings(found)];
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return [bad('state', `${error.message}  [${error.code}]`, error.hint)];
  }
}

function fileFindings({ bytes, damage, age, latest }: StateInspection, file: string): Finding[] {
  const findings: Finding[] = [];
  if (age === 'newer')
    findings.push(
      bad(
        'state',
        'a newer version of Syncline wrote it',
        'Use that version, or another file with `state:`.',
      ),
    );
  else if (damage.length > 0)
    findings.push(
      bad(
        'state',
        `it is damaged: ${damage.join('; ')}`,
        `Restore it from a backup, or move ${file} aside together with its -wal and -shm: the next run makes a new one.`,
      ),
    );
  else {
    const older = age === 'older' ? ', of an older version: the next run brings it up to date' : '';
    findings.push(good('state', `whole, ${size(bytes)}${older}`));
  }
  if (latest !== undefined && Date.parse(latest) > Date.now() + future)
    findings.push(
      warning(
        'clock',
        `the newest run is dated ${latest}, which is to come`,
        'Set the clock of the machine.',
      ),
    );
  return findings;
}

function leaseFindings({ holders }: StateInspection): Finding[] {
  return holders.map(({ pipeline, run, pid, host, since, alive }) => {
    const isScheduler = pipeline === schedulerLease;
    const subject = isScheduler ? 'scheduler' : `lease of ${pipeline}`;
    const held = `${isScheduler ? 'a daemon' : `run ${run}`} since ${since}, process ${pid} on ${host}`;
    const next = `Nothing to do: the next ${isScheduler ? 'daemon' : 'run'} takes it over.`;
    return alive ? good(subject, `${held}, alive`) : warning(subject, `${held}, dead`, next);
  });
}

function runFindings({ dead, interrupted }: StateInspection): Finding[] {
  const findings: Finding[] = [];
  if (dead.length > 0)
    findings.push(
      warning(
        'runs',
        `${plural(dead.length, 'run')} whose process died: ${dead.join(', ')}`,
        'The next run goes on from the last batch that was committed.',
      ),
    );
  if (interrupted.length > 0)
    findings.push(
      warning(
        'pipelines',
        `the last run was interrupted: ${interrupted.join(', ')}`,
        `syncline run ${interrupted.join(' ')}`,
      ),
    );
  if (findings.length === 0) findings.push(good('runs', 'none was interrupted'));
  return findings;
}
