import pico from 'picocolors';
import { expect, onTestFinished } from 'vitest';
import { openConfig, type Shell } from '../../src/commands/shell.ts';
import { type LocalWorld, openWorld } from '../../src/commands/world.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { folderWith } from '../e2e/cli.ts';

export const config = `version: 1
sources:
  in: { type: file, streams: { rows: rows.jsonl, deals: deals.jsonl } }
  slow: { type: ./slow.ts, streams: { rows: any } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { primary_key: id, rejects: { max: 100 } } }
pipelines:
  rows: { from: in.rows, to: db.rows, merge: { name: keep_edits }, map: { id: { from: id, type: integer }, name: name } }
  deals: { from: in.deals, to: db.deals, mode: mirror, deletes: { mode: hard } }
  slow: { from: slow.rows, to: db.slow, enabled: false }
`;

/** A source that tells nothing until its run ends. */
const slow = `import { setTimeout } from 'node:timers/promises';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'slow', summary: 'Nothing.',
  options: { type: 'object', properties: {} },
  streamOptions: { type: 'object', properties: { name: { type: 'string', description: 'Any.' } } },
  shortForm: 'name',
  async open(_, { signal, logger }) {
    return {
      async *read() {
        logger.warn('it reads');
        await setTimeout(3_600_000, undefined, { signal });
      },
      close: async () => undefined,
    };
  },
});
`;

export const named = (...names: readonly string[]) =>
  names.map((name, at) => `${JSON.stringify({ id: at + 1, name })}\n`).join('');

/** A folder with the config and these files beside it, and the world of it, which is closed when the test ends. */
export async function worldWith(files: { readonly [name: string]: string } = {}): Promise<{
  readonly folder: string;
  readonly world: LocalWorld;
}> {
  const rows = { 'rows.jsonl': named('Ann', 'Bob'), 'deals.jsonl': named('one', 'two') };
  const folder = await folderWith({ 'sync.config.yaml': config, 'slow.ts': slow, ...rows, ...files });
  const world = await worldOf(folder);
  return { folder, world };
}

export async function worldOf(folder: string): Promise<LocalWorld> {
  const shell: Shell = {
    version: '0.0.0',
    directory: folder,
    environment: {},
    print: () => {},
    tell: () => {},
    redact: (text) => text,
    hide: () => {},
    interactive: true,
    look: { colors: pico.createColors(false), unicode: true },
    output: 'table',
    ui: 'auto',
    screenHindrance: undefined,
    yes: false,
  };
  const world = await openWorld(shell, await openConfig(shell));
  onTestFinished(() => world.close());
  return world;
}

export const never: AbortSignal = new AbortController().signal;

/** Follows a run to its end; what it told. */
export async function followed(world: LocalWorld, run: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  await world.follow(run, (event) => events.push(event), never);
  return events;
}

/** Runs pipelines to their end; the id of the run. */
export async function ran(world: LocalWorld, ...names: readonly string[]): Promise<string> {
  const run = await world.start(names);
  const last = (await followed(world, run)).at(-1);
  expect(last?.type).toBe('run_finished');
  return run;
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
