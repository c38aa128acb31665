import { showConfig } from '../config/show.ts';
import { configOptions, type Shell } from './shell.ts';

/** Prints the config as it is understood: defaults in, secrets out; with `origin`, where each value came from. */
export async function configShow(shell: Shell, origin: boolean): Promise<void> {
  shell.print(await showConfig(configOptions(shell), { origin }));
}
