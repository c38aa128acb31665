import { SyncError } from '../model/errors.ts';
import type { MergeFunction, Target } from '../model/types.ts';
import { importModule } from './module.ts';

/** Merge functions of the user's own, by path. */
export type Functions = ReadonlyMap<string, MergeFunction>;

const loaded = new Map<string, { readonly signature: string; readonly functions: Functions }>();

/** The merge functions that a target names, for `fold`: the same map as long as they are the same. */
export async function loadFunctions(target: Target): Promise<Functions> {
  const paths = target.columns.flatMap(({ strategy }) =>
    strategy.type === 'function' ? [strategy.path] : [],
  );
  const signature = JSON.stringify(paths);
  const last = loaded.get(target.pipeline);
  if (last?.signature === signature) return last.functions;
  const functions = new Map<string, MergeFunction>();
  for (const path of paths) functions.set(path, await loadFunction(path));
  loaded.set(target.pipeline, { signature, functions });
  return functions;
}

async function loadFunction(path: string): Promise<MergeFunction> {
  const { default: exported } = await importModule(path);
  if (typeof exported === 'function') return exported as MergeFunction;
  throw new SyncError('merge/function', `${path} has no default export that is a function`, {
    hint: 'Export one: `export default (existing, incoming) => …`.',
  });
}
