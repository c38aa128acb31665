import type { RowChange } from '../model/changes.ts';
import type { Cell } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import type { PlannedPage } from '../plugin/history-contract.ts';
import { count, forget, type Note, remove, survey } from './absence.ts';
import type { AbsenceCalls, Removed, StoredRead, Walked } from './absence-calls.ts';
import { rowChange } from './plan.ts';
import { replaceIn } from './replacement.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { printSteps } from './steps.ts';

/** So many changes of a page are told one by one. */
const mostTold = 1000;

/** What {@link AbsenceCalls} do, in a scratch database that takes over the whole target; with `save`, also the steps. */
export function plannedCalls(scratch: Scratch, save: boolean): AbsenceCalls {
  const inScratch = <Result>(read: StoredRead, work: (session: Session) => Promise<Result>) =>
    scratch.try(async (session) => {
      await scratch.takeWhole(session, read.target.name);
      return work(session);
    });
  return {
    forget: (read, whose, from) => inScratch(read, (session) => forget(session, read, whose, from)),
    survey: (read) => inScratch(read, (session) => survey(session, read)),
    count: (read, after) => inScratch(read, (session) => count(session, read, after)),
    remove: (read, after) => inScratch(read, (session) => removeNoted(session, read, after, save)),
    replace: (read) => inScratch(read, (session) => replaceNoted(session, read)),
  };
}

async function removeNoted(
  session: Session,
  read: StoredRead,
  after: readonly Cell[] | undefined,
  save: boolean,
): Promise<Walked<Removed>> {
  let page: PlannedPage = { changes: [], more: 0 };
  const note: Note = (target, changes, existing) => {
    const told = changes.flatMap((change) => (change.kind === 'remember' ? [] : [rowChange(target, change)]));
    page = { changes: told, more: 0, ...(save && { steps: printSteps(target, changes, existing) }) };
  };
  const removed = await remove(session, read, after, note);
  return removed.deleted > 0 ? { ...removed, page } : removed;
}

async function replaceNoted(
  session: Session,
  read: StoredRead,
): Promise<Committed & { readonly page: PlannedPage }> {
  const told: RowChange[] = [];
  let more = 0;
  const committed = await replaceIn(session, read, (target, changes) => {
    for (const change of changes) {
      if (change.kind === 'remember') continue;
      if (told.length < mostTold) told.push(rowChange(target, change));
      else more += 1;
    }
  });
  return { ...committed, page: { changes: told, more } };
}
