import type { Config } from '../config/config.ts';
import { openState, type State } from '../state/state.ts';
import { openConfig, type Shell } from './shell.ts';

/** Opens the state of the shell's config for a piece of work. */
export async function withState<Result>(
  shell: Shell,
  work: (state: State, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = await openConfig(shell);
  const state = await openState(config.state);
  try {
    return await work(state, config);
  } finally {
    await state.close();
  }
}
