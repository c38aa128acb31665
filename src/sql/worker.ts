/** Where a database's thread begins: it does what it is asked, one thing after the other. */

import { parentPort } from 'node:worker_threads';
import { Connection } from './libsql-connection.ts';
import { type OpenPages, openPages } from './libsql-pages.ts';
import {
  type Answer,
  type Call,
  type ConnectionCalls,
  type ThreadCalls,
  toFailure,
  type Working,
} from './messages.ts';
import { connection, connections } from './worker-connections.ts';

// The standard output is for data: what a merge function says on the console is not.
process.stdout.write = process.stderr.write.bind(process.stderr);

const openReads = new Map<number, OpenPages>();

/** What is asked of any database. */
const connectionCalls: Working<ConnectionCalls> = {
  connect(id, options) {
    connections.set(id, new Connection(options));
  },
  touch: (id) => connection(id).touch(),
  all: (id, sql, parameters) => connection(id).read((session) => session.all(sql, parameters)),
  write: (id, statements) =>
    connection(id).transaction(async (session) => {
      let changed = 0;
      for (const { sql, rows = [[]] } of statements)
        for (const row of rows) changed += await session.run(sql, row);
      return changed;
    }),
  disconnect(id) {
    connections.get(id)?.close();
    connections.delete(id);
  },
  async openPages(id, options, query) {
    openReads.set(id, await openPages(options, query));
  },
  nextPage: (id) => openReads.get(id)?.next(),
  closePages(id) {
    openReads.get(id)?.close();
    openReads.delete(id);
  },
};

async function answer({ id, name, parameters }: Call): Promise<Answer> {
  try {
    const call = (await callOf(name)) as (...parameters: readonly unknown[]) => unknown;
    return { id, result: await call(...parameters) };
  } catch (error) {
    return { id, error: toFailure(error) };
  }
}

/** What only targets need is loaded when it is asked for: the state, and what is read from, do without it. */
async function callOf(name: keyof ThreadCalls): Promise<unknown> {
  if (isOfAny(name)) return connectionCalls[name];
  const { targetCalls } = await import('./worker-targets.ts');
  return targetCalls[name];
}

function isOfAny(name: keyof ThreadCalls): name is keyof ConnectionCalls {
  return Object.hasOwn(connectionCalls, name);
}

let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (call: Call) => {
  last = last.then(async () => parentPort?.postMessage(await answer(call)));
});
