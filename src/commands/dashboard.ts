import { browse } from '../tui/browse.ts';
import { tellWarnings } from './diagnostics.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';
import { browseOptions, hasScreen } from './watch.ts';
import { openWorld } from './world.ts';

/** Shows the dashboard of a config until a person leaves it; undefined where there is no screen for it. */
export async function dashboard(shell: Shell): Promise<number | undefined> {
  if (!hasScreen(shell, [])) return undefined;
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const stop = stopSignal();
  try {
    const world = await openWorld(shell, config);
    const options = { ...browseOptions(shell, stop), ownRuns: () => world.running() };
    const code = await browse(world, options).finally(() => world.close());
    return stop.code ?? code;
  } finally {
    stop.forget();
  }
}
