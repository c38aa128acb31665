import { count, forget, remove, survey } from './absence.ts';
import { findCommit, listEntries, putEntry, readState } from './checkpoints.ts';
import { commit, commitPlanned } from './commit.ts';
import { countSlice } from './counting.ts';
import { forgetRuns, journalBatch, journalRuns, outdatedRuns, rowHistory } from './journal-reads.ts';
import { rehearseUndo } from './libsql-rehearsal.ts';
import { libsqlScratch } from './libsql-scratch.ts';
import type { ConnectionCalls, ThreadCalls, Working } from './messages.ts';
import { planBatch, rehearseSteps } from './plan.ts';
import { plannedCalls } from './plan-absence.ts';
import { replace } from './replacement.ts';
import { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { discover, prune } from './table.ts';
import { undoBatch } from './undo.ts';
import { connection } from './worker-connections.ts';

const scratches = new Map<number, Scratch>();

/** What is asked of a database whose tables are targets. */
export const targetCalls: Working<Omit<ThreadCalls, keyof ConnectionCalls>> = {
  discover: (id, target) => readIfThere(id, (session) => discover(session, target)),
  countSlice: (id, target, mark, after) =>
    readIfThere(id, (session) => countSlice(session, target, mark, after)),
  commit: (id, batch) => commit(connection(id), batch),
  findCommit: (id, sought) => readIfThere(id, (session) => findCommit(session, sought)),
  readState: async (id, key) =>
    (await readIfThere(id, (session) => readState(session, key))) ?? { target: 'missing' },
  putEntry(id, key, entry) {
    if (!entry && !connection(id).exists) return undefined;
    return connection(id).transaction((session) => putEntry(session, key, entry));
  },
  listEntries: async (id) => (await readIfThere(id, listEntries)) ?? [],
  forgetStaged: (id, read, whose, from) =>
    connection(id).transaction((session) => forget(session, read, whose, from)),
  surveyStaged: async (id, read) =>
    (await readIfThere(id, (session) => survey(session, read))) ?? { rows: 0, empty: true, withheld: false },
  countAbsent: async (id, read, after) =>
    (await readIfThere(id, (session) => count(session, read, after))) ?? { rows: 0, absent: 0 },
  removeAbsent: (id, read, after) => connection(id).transaction((session) => remove(session, read, after)),
  replaceRows: (id, read) => replace(connection(id), read),
  prune(id, target, column, before) {
    if (!connection(id).exists) return undefined;
    return connection(id).transaction((session) => prune(session, target, column, before));
  },
  journalRuns: async (id) => (await readIfThere(id, journalRuns)) ?? [],
  journalBatch: (id, run, after) => readIfThere(id, (session) => journalBatch(session, run, after)),
  rowHistory: async (id, target, key) =>
    (await readIfThere(id, (session) => rowHistory(session, target, key))) ?? { changes: [] },
  undoBatch: (id, step) => connection(id).transaction((session) => undoBatch(session, step)),
  async pruneJournal(id, limit) {
    // Most often there is nothing to forget: then nobody is kept waiting.
    const runs = await readIfThere(id, (session) => outdatedRuns(session, limit));
    if (runs?.length) await connection(id).transaction((session) => forgetRuns(session, runs));
  },
  openScratch(id, { path, patience }) {
    scratches.set(id, new Scratch(libsqlScratch(path, patience)));
  },
  planBatch: (id, batch, save) => planBatch(scratch(id), batch, save),
  planForget: (id, read, whose, from) => plannedCalls(scratch(id), false).forget(read, whose, from),
  planSurvey: (id, read) => plannedCalls(scratch(id), false).survey(read),
  planCount: (id, read, after) => plannedCalls(scratch(id), false).count(read, after),
  planRemove: (id, read, after, save) => plannedCalls(scratch(id), save).remove(read, after),
  planReplace: (id, read) => plannedCalls(scratch(id), false).replace(read),
  rehearseSteps: (id, target, steps) => rehearseSteps(scratch(id), target, steps),
  commitPlanned: (id, batch, saved) => commitPlanned(connection(id), batch, saved),
  rehearseUndo: (id, run, before) => rehearseUndo(scratch(id), run, before),
  async closeScratch(id) {
    await scratches.get(id)?.close();
    scratches.delete(id);
  },
};

/** Looking does not make a file. */
async function readIfThere<Result>(
  id: number,
  work: (session: Session) => Promise<Result>,
): Promise<Result | undefined> {
  return connection(id).exists ? connection(id).read(work) : undefined;
}

function scratch(id: number): Scratch {
  const found = scratches.get(id);
  if (!found) throw new Error(`scratch database ${id} is closed`);
  return found;
}
