import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SyncError } from '../model/errors.ts';
import { tellWarnings } from './diagnostics.ts';
import { crontab } from './export/crontab.ts';
import { type Plan, planOf } from './export/plan.ts';
import { systemdUnits } from './export/systemd.ts';
import { workflow } from './export/workflow.ts';
import { openConfig, type Shell } from './shell.ts';

export type ExportTarget = 'cron' | 'systemd' | 'github-actions';

/** A file, by its path below the folder it is written to. */
type Files = ReadonlyMap<string, string>;

const writers: { readonly [target in ExportTarget]: (plan: Plan) => Files } = {
  cron: crontab,
  systemd: systemdUnits,
  'github-actions': workflow,
};

/** Prints or writes files that do what the daemon would do by the schedules of the config. */
export async function exportSchedules(
  shell: Shell,
  target: ExportTarget,
  out: string | undefined,
): Promise<void> {
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const environmentFile = shell.environmentFile && resolve(shell.directory, shell.environmentFile);
  const files = writers[target](planOf(config, environmentFile));
  if (out === undefined) return shell.print(printed(files));
  for (const [name, text] of files) {
    const path = join(resolve(shell.directory, out), name);
    await write(path, text, shell.yes);
    shell.tell(`wrote ${path}\n`);
  }
}

/** One file as it is; of several, each below its name. */
function printed(files: Files): string {
  if (files.size === 1) return [...files.values()].join('');
  return [...files].map(([name, text]) => `# --- ${name}\n${text}`).join('\n');
}

async function write(path: string, text: string, overwrite: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: overwrite ? 'w' : 'wx' });
  } catch (cause) {
    const exists = Object(cause).code === 'EEXIST';
    const problem = exists ? 'is there already, and is left as it is' : 'cannot be written';
    const hint = exists ? 'To write over it: --yes' : 'Name another folder.';
    throw new SyncError('usage/unwritable', `${path} ${problem}`, { hint, cause });
  }
}
