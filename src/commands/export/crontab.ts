import { join } from 'node:path';
import { fiveFields } from './cron-fields.ts';
import { type Plan, unfit, wordsOf } from './plan.ts';

/** Longer ones are cut or refused by cron. */
const longestLine = 990;

/** Lines for `crontab -e`. */
export function crontab({ config, groups, command }: Plan): ReadonlyMap<string, string> {
  const log = join(config.directory, 'syncline-cron.log');
  const lines = groups.flatMap((group) => {
    const { when, catch_up, jitter } = group.schedule;
    const words = [...command(group.pipelines), '--ui', 'quiet'].map(quoted).join(' ');
    const line = `${fiveFields(group)} ${`${words} >> ${quoted(log)} 2>&1`.replaceAll('%', '\\%')}`;
    if (/[\r\n]/.test(line))
      throw unfit(group, 'would run what lies in a folder with a line break in its name', moved);
    if (Buffer.byteLength(line) > longestLine)
      throw unfit(group, 'has too many pipelines for a line of cron', tooLong);
    return [
      '',
      `# ${wordsOf(group)}`,
      ...(catch_up === 'one' ? ['# What is missed while the machine is off is not made up for.'] : []),
      ...(jitter > 0 ? ['# Starts are not spread by `jitter`.'] : []),
      `CRON_TZ=${'every' in when ? 'UTC' : when.timezone}`,
      line,
    ];
  });
  return new Map([['syncline.crontab', `${[...head(config.file), ...lines].join('\n')}\n`]]);
}

function head(file: string): string[] {
  return [
    `# Runs ${file.replace(/[\r\n]/g, ' ')} by its schedules; made by \`syncline export cron\`.`,
    '# cronie (Fedora, RHEL, Arch) goes by CRON_TZ. The cron of Debian and Ubuntu does not: there the time zone of the',
    '# machine must be the one that is named, or take `syncline export systemd`.',
    '# Only what goes wrong is written to the log.',
  ];
}

/** For the shell that cron starts. */
function quoted(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const moved = 'Move the config or Syncline to another folder.';
const tooLong = 'Give some of them another minute, or use `syncline export systemd`.';
