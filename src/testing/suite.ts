import assert from 'node:assert/strict';
import type { OptionsSchema, PluginContext, PluginStore } from '../plugin/contract.ts';

/** Registers a test with the runner at hand: `test` of vitest, jest or node:test. */
export type Test = (name: string, body: () => Promise<void>) => unknown;

/** The context a plugin under test is opened with. */
export function context(directory = process.cwd()): PluginContext {
  const logger = { info: () => undefined, warn: () => undefined };
  const signal = new AbortController().signal;
  const nothing = () => undefined;
  return {
    name: 'tested',
    directory,
    signal,
    logger,
    secrets: [],
    hide: nothing,
    onWait: nothing,
    store: memoryStore(),
  };
}

/** Keeps what it is given as long as the test runs. */
function memoryStore(): PluginStore {
  const kept = new Map<string, string>();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read: async (key) => kept.get(key),
    async write(key, value) {
      if (value === undefined) kept.delete(key);
      else kept.set(key, value);
    },
    alone(_, act) {
      const acted = turn.then(act);
      turn = acted.catch(() => undefined);
      return acted;
    },
  };
}

/** Editors, `explain` and the reference show what the schema says: every option must say something. */
export function describedOptions({ properties, required = [] }: OptionsSchema): void {
  for (const [name, schema] of Object.entries(properties))
    assert.ok(typeof schema === 'object' && schema.description, `option ${name} has no description`);
  for (const name of required)
    assert.ok(Object.hasOwn(properties, name), `required option ${name} is not declared`);
}
