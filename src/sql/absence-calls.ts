/** What a complete read did not contain, counted and deleted in steps of bounded size. */

import type { Cell } from '../model/types.ts';
import type { Absence, AbsenceCounts, CompleteRead } from '../plugin/absence-contract.ts';
import type { Committed } from '../plugin/contract.ts';
import type { PlannedAbsence, PlannedPage } from '../plugin/history-contract.ts';
import { type Stored, toStored } from './checkpoints.ts';

/** As it crosses threads. */
export type StoredRead = Omit<CompleteRead, 'ledger' | 'signal'> & {
  readonly ledger: Stored<CompleteRead['ledger']>;
};

/** A part of the work, and after which key it goes on; undefined: it is done. */
export type Walked<Result> = Result & { readonly last?: readonly Cell[] };

/** What {@link Absence} is made of: each call is one transaction of bounded size, but for the last. */
export interface AbsenceCalls {
  /** Forgets a part of what was staged, by one read or by all, and says where to go on. */
  forget(read: StoredRead, whose: 'own' | 'all', from?: string): Promise<string | undefined>;
  survey(read: StoredRead): Promise<Omit<AbsenceCounts, 'absent'> & { readonly absent?: number }>;
  count(read: StoredRead, after?: readonly Cell[]): Promise<Walked<Pick<AbsenceCounts, 'rows' | 'absent'>>>;
  remove(read: StoredRead, after?: readonly Cell[]): Promise<Walked<Removed>>;
  replace(read: StoredRead): Promise<Committed & Paged>;
}

/** What was planned, where it only was. */
interface Paged {
  readonly page?: PlannedPage;
}

export interface Removed extends Paged {
  readonly deleted: number;
}

export const nothing = { schema_changes: [], inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

/** With `planned`, each page that is planned is handed on before the next. */
export function absenceOf(calls: AbsenceCalls, planned?: (page: PlannedPage) => Promise<void>): Absence {
  const forget = async (read: CompleteRead, whose: 'own' | 'all') => {
    const { signal, ...rest } = read;
    const stored = { ...rest, ledger: toStored(read.ledger) };
    for (let from = await calls.forget(stored, whose); from !== undefined; ) {
      signal.throwIfAborted();
      from = await calls.forget(stored, whose, from);
    }
  };
  return {
    forget: (read) => forget(read, 'own'),
    async count({ signal, ...rest }) {
      const read = { ...rest, ledger: toStored(rest.ledger) };
      const { absent: known, ...counts } = await calls.survey(read);
      if (known !== undefined) return { ...counts, absent: known };
      let { rows } = counts;
      let absent = 0;
      for (let after: readonly Cell[] | undefined, more = true; more; more = after !== undefined) {
        signal.throwIfAborted();
        const page = await calls.count(read, after);
        rows += page.rows;
        absent += page.absent;
        after = page.last;
      }
      return { ...counts, rows, absent };
    },
    async apply(complete, { absent }) {
      const { signal, ...rest } = complete;
      const read = { ...rest, ledger: toStored(rest.ledger) };
      let committed: Committed = nothing;
      if (read.target.mode === 'replace') {
        const { page, ...done } = await calls.replace(read);
        committed = done;
        if (page) await planned?.(page);
      } else {
        let deleted = 0;
        for (let after: readonly Cell[] | undefined, more = absent > 0; more; more = after !== undefined) {
          signal.throwIfAborted();
          const page = await calls.remove(read, after);
          deleted += page.deleted;
          if (page.page) await planned?.(page.page);
          after = deleted < absent ? page.last : undefined;
        }
        committed = { ...nothing, deleted };
      }
      await forget(complete, 'all');
      return committed;
    },
  };
}

/** The same, planned: `calls` are those of a scratch database. */
export function plannedAbsence(
  calls: (read: CompleteRead, save: boolean) => Promise<AbsenceCalls>,
): PlannedAbsence {
  return {
    forget: async (read) => absenceOf(await calls(read, false)).forget(read),
    count: async (read) => absenceOf(await calls(read, false)).count(read),
    apply: async (read, counts, page, save = false) =>
      absenceOf(await calls(read, save), page).apply(read, counts),
  };
}
