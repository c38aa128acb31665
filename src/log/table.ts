import type { LogLine } from '../model/log-line.ts';
import type { Cell, ColumnType, Target } from '../model/types.ts';
import type { OpenSink, Writer } from '../plugin/contract.ts';
import type { LogStore } from './log.ts';

const columns = [
  ['batch_id', 'string'],
  ['level', 'string'],
  ['step', 'string'],
  ['message', 'string'],
  ['meta', 'json'],
  ['created_at', 'timestamp'],
] as const satisfies readonly (readonly [string, ColumnType])[];

/** Under this name a ledger knows the log's commits: no pipeline can have it. */
export const logLedger = '(logs)';

export interface LogTable {
  readonly run: Target['run'];
  /** Opens the sink; called at most once, for the first line. */
  readonly open: () => Promise<OpenSink>;
  readonly target: string;
}

/** A table of a sink as the database tier. */
export function logTable({ run, open, target: name }: LogTable): LogStore {
  let sink: Promise<OpenSink> | undefined;
  let writer: Promise<Writer> | undefined;
  let number = 0;
  const opened = () => {
    sink ??= open();
    return sink;
  };
  const begun = async () => (await opened()).begin({ name, mode: 'append', run });
  const target = targetOf(name, run);
  return {
    async add(lines) {
      writer ??= begun();
      number += 1;
      const ledger = { fence: 1, basis: '', checkpoint: {} };
      await (await writer).commit({ target, number, rows: lines.map(rowOf), ledger });
    },
    async forget(before) {
      await (await opened()).prune?.(name, 'created_at', cellOf(before));
    },
    async close() {
      const last = await writer;
      if (last === undefined) return;
      await last.complete?.();
      await last.close();
    },
  };
}

function targetOf(name: string, run: Target['run']): Target {
  return {
    pipeline: logLedger,
    name,
    mode: 'append',
    columns: columns.map(([column, type]) => ({
      name: column,
      type,
      strategy: { type: 'overwrite' },
      tracked: false,
    })),
    primary_key: [],
    stamps: {},
    run,
  };
}

function rowOf({ run, level, event, message, time, ...meta }: LogLine): Cell[] {
  return [run, level, event, message, JSON.stringify(meta), cellOf(time)];
}

/** A time as a cell: with all its six digits. */
function cellOf(time: string): string {
  return time.replace(/(\.\d{3})Z$/, '$1000Z');
}
