import type { UndoneBatch } from '../model/changes.ts';
import type { Journal, UndoRequest } from '../plugin/history-contract.ts';
import type { ConnectionOptions } from './libsql-connection.ts';
import { nextId } from './thread.ts';
import type { ThreadConnection } from './thread-connection.ts';

type Options = Pick<ConnectionOptions, 'path' | 'patience'>;

/** A scratch database in the thread, made when it is first needed. */
export interface ScratchCall {
  /** Its number. */
  open(): Promise<number>;
  close(): Promise<void>;
}

export function scratchOf(connection: ThreadConnection, options: Options): ScratchCall {
  const id = nextId();
  let opening: Promise<void> | undefined;
  return {
    async open() {
      opening ??= connection.thread.call('openScratch', id, options);
      await opening;
      return id;
    },
    async close() {
      if (opening !== undefined) await connection.thread.call('closeScratch', id);
    },
  };
}

/** The journal of a database, asked for in its thread. */
export function journalOf(connection: ThreadConnection, options: Options): Journal {
  const { id } = connection;
  return {
    runs: () => connection.thread.call('journalRuns', id),
    async *changes(run) {
      for (let after = 0; ; ) {
        const next = await connection.thread.call('journalBatch', id, run, after);
        if (next === undefined) return;
        after = next.id;
        yield next.batch;
      }
    },
    history: (target, key) => connection.thread.call('rowHistory', id, target, key),
    undo: (request) =>
      request.rehearse ? rehearse(connection, options, request) : undo(connection, request),
    prune: (limit) => connection.thread.call('pruneJournal', id, limit),
  };
}

async function* undo(
  connection: ThreadConnection,
  { run, fences, force }: UndoRequest,
): AsyncGenerator<UndoneBatch> {
  for (;;) {
    const undone = await connection.thread.call('undoBatch', connection.id, { run, fences, force });
    if (undone === undefined) return;
    yield undone;
  }
}

async function* rehearse(
  connection: ThreadConnection,
  options: Options,
  { run }: UndoRequest,
): AsyncGenerator<UndoneBatch> {
  const scratch = scratchOf(connection, options);
  const id = await scratch.open();
  try {
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const next = await connection.thread.call('rehearseUndo', id, run, before);
      if (next === undefined) return;
      before = next.id;
      yield next.undone;
    }
  } finally {
    await scratch.close();
  }
}
