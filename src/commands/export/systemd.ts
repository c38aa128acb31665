import { userInfo } from 'node:os';
import { printDuration } from '../../model/duration.ts';
import { type CronField, cronFields } from './cron-fields.ts';
import { type Group, type Plan, wordsOf } from './plan.ts';

/** A service and a timer for each group. */
export function systemdUnits(plan: Plan): ReadonlyMap<string, string> {
  const files = plan.groups.flatMap((group, index): (readonly [string, string])[] => {
    const [first = ''] = group.scheduled;
    const unit = `syncline-${/^[\w-]+$/.test(first) ? first : index + 1}`;
    return [
      [`${unit}.service`, service(plan, group)],
      [`${unit}.timer`, timer(group)],
    ];
  });
  return new Map(files);
}

function service({ config, command }: Plan, group: Group): string {
  const { username } = userInfo();
  const words = [...command(group.pipelines), '--ui', 'plain'].map(word).join(' ');
  return `# For /etc/systemd/system; made by \`syncline export systemd\`.
[Unit]
Description=Syncline: ${group.pipelines.join(', ')}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=${username}
WorkingDirectory=${escaped(config.directory)}
ExecStart=${words}
# 5: another run has a pipeline now. 143: stopped after a clean checkpoint. 3, rejected rows, shows as a failure: add
# it here, if rejects are nothing to look at.
SuccessExitStatus=5 143
TimeoutStopSec=30
`;
}

function timer(group: Group): string {
  const { when, catch_up, jitter } = group.schedule;
  const zone = 'every' in when ? 'UTC' : when.timezone;
  const isFixed = /^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal)$/i.test(zone);
  return `[Unit]
Description=Syncline: ${wordsOf(group)}

[Timer]
${isFixed ? '' : '# A time that is skipped when clocks are set forward is left out; the daemon takes it at the end of the gap.\n'}${calendars(
  group,
)
  .map((calendar) => `OnCalendar=${calendar} ${zone}\n`)
  .join('')}AccuracySec=1s
Persistent=${catch_up === 'one'}
${jitter > 0 ? `RandomizedDelaySec=${printDuration(jitter)}\n` : ''}
[Install]
WantedBy=timers.target
`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The schedule as systemd has it. Cron takes a day that fits one of its two fields; systemd one that fits both. */
export function calendars(group: Group): string[] {
  const { second, minute, hour, day, month, weekday } = cronFields(group);
  const time = [hour, minute, second].map(list).join(':');
  const dated = (days: CronField) => `*-${list(month)}-${list(days)} ${time}`;
  const named = `${weekday.values.map((value) => weekdays[value]).join(',')} `;
  if (weekday.any) return [dated(day)];
  if (day.any) return [`${named}${dated(day)}`];
  return [dated(day), `${named}${dated({ text: '*', values: [], any: true })}`];
}

function list({ any, values }: CronField): string {
  return any ? '*' : values.map((value) => String(value).padStart(2, '0')).join(',');
}

/** A word of ExecStart, where `%` and `$` begin something else. */
function word(text: string): string {
  const plain = escaped(text).replaceAll('$', '$$$$');
  return /^[\w./:@=%$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}
