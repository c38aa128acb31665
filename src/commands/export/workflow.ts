import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fiveFields } from './cron-fields.ts';
import { type Group, type Plan, unfit, wordsOf } from './plan.ts';

/** GitHub starts nothing more often, in milliseconds. */
const shortestInterval = 300_000;

interface Timed {
  readonly group: Group;
  readonly cron: string;
}

/** A workflow for `.github/workflows`. */
export function workflow({ config, groups }: Plan): ReadonlyMap<string, string> {
  const root = repositoryOf(config.directory);
  const below = (path: string) => relative(root, path).split(sep).join('/');
  const folder = below(config.directory);
  const schedules = groups.map((group) => ({ group, cron: utcCron(group) }));
  const text = `# Made by \`syncline export github-actions\`. GitHub starts schedules in UTC, often some minutes late and sometimes not at
# all; what is missed is not made up for.
name: syncline
on:
  schedule:
${schedules.map(({ group, cron }) => `    - cron: ${JSON.stringify(cron)} # ${wordsOf(group)}\n`).join('')}  workflow_dispatch:
    inputs:
      pipelines:
        description: Names of pipelines, with spaces between them; empty for all that are enabled
        type: string
        default: ""
      all:
        description: Read everything, ignoring cursors
        type: boolean
        default: false
permissions:
  contents: read
concurrency:
  group: syncline
  cancel-in-progress: false
${folder === '' ? '' : `defaults:\n  run:\n    working-directory: ${JSON.stringify(folder)}\n`}jobs:
  sync:
    runs-on: ubuntu-latest
${steps(config, schedules, below)}`;
  return new Map([['syncline.yml', text]]);
}

/** The state goes from run to run in a cache. */
function steps(
  { file, directory, state, variables }: Plan['config'],
  schedules: readonly Timed[],
  below: (path: string) => string,
): string {
  const secrets = variables.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('');
  const cache = `path: ${JSON.stringify(`${below(state)}*`)}
          key: syncline-state-\${{ github.run_id }}-\${{ github.run_attempt }}`;
  return `    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-node@v6
        with:
          node-version: 22
      - run: npm ci
      # The state: runs, rejects, and the checkpoints of sinks without a ledger. A cache that nobody used for a week is
      # gone, and then those sinks are read into from the start. Files that sinks write are not kept at all.
      - uses: actions/cache/restore@v5
        with:
          ${cache}
          restore-keys: syncline-state-
      - name: Run
        env:
          SCHEDULE: \${{ github.event.schedule }}
          PIPELINES: \${{ inputs.pipelines }}
          ALL: \${{ inputs.all }}
${secrets}        run: |
${script(schedules, relative(directory, file).split(sep).join('/'))}
      - uses: actions/cache/save@v5
        if: always()
        with:
          ${cache}
`;
}

/** What was asked for by hand is data of the shell, and never a part of its text. */
function script(schedules: readonly Timed[], file: string): string {
  const cases = schedules.map(
    ({ group, cron }) => `  ${quoted(cron)}) names=(${group.pipelines.map(quoted).join(' ')}) ;;`,
  );
  const lines = [
    'names=()',
    'case "$SCHEDULE" in',
    ...cases,
    '  *) read -r -a names <<< "$PIPELINES" ;;',
    'esac',
    'flags=()',
    'if [ "$ALL" = true ]; then flags=(--all); fi',
    `npx --no-install syncline run --config ${quoted(file)} "\${flags[@]}" -- "\${names[@]}"`,
  ];
  return lines.map((line) => `          ${line}`).join('\n');
}

function utcCron(group: Group): string {
  const { when, next } = group.schedule;
  if ('timezone' in when && !/^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal)$/i.test(when.timezone))
    throw unfit(group, 'is not in UTC, which GitHub Actions goes by', inUtc);
  const cron = fiveFields(group);
  let last = next(0) ?? 0;
  for (let number = 0; number < 500; number += 1) {
    const at = next(last);
    if (at === undefined) break;
    if (at - last < shortestInterval)
      throw unfit(group, 'is more often than every 5 minutes, and GitHub Actions is not', tooOften);
    last = at;
  }
  return cron;
}

/** The folder with the repository that holds the config; without one, its own. */
function repositoryOf(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return directory;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const inUtc = 'Write it in UTC, or use cron or systemd on a machine of your own.';
const tooOften = 'Run it every 5 minutes or less often, or run `syncline daemon`.';
