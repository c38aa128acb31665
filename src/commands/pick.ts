import { toOf } from '../engine/parts.ts';
import { openRunner } from '../engine/runner.ts';
import { selectPipelines } from '../engine/select.ts';
import { tellWarnings } from './diagnostics.ts';
import { runWatched } from './run.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';
import { hasScreen, openSession } from './watch.ts';

/** Lets a person pick pipelines, and runs them; undefined where there is no screen to pick on. */
export async function pick(shell: Shell): Promise<number | undefined> {
  if (!hasScreen(shell, [])) return undefined;
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const choices = [...config.pipelines.values()].map(({ name, source, stream, targets, enabled }) => ({
    name,
    from: `${source.name}.${stream.name}`,
    to: targets.map(toOf).join(', '),
    enabled,
  }));
  const stop = stopSignal();
  const session = openSession(shell, stop);
  try {
    const names = await session.pick(choices, 'syncline run NAME');
    if (names === undefined) return stop.code ?? 0;
    const pipelines = selectPipelines(config, names, []);
    const command = ['syncline run', ...names, '--ui plain'].join(' ');
    if (hasScreen(shell, pipelines)) session.watch(command);
    else session.close();
    const runner = await openRunner(config);
    const options = { pipelines, allow_again: shell.yes };
    return await runWatched(shell, runner, options, stop, session).finally(() => runner.close());
  } finally {
    session.close();
    stop.forget();
  }
}
