import { resolve } from 'node:path';
import { type LogLevel, logLevels } from '../model/log-line.ts';
import type { Config, LogsConfig } from './config.ts';
import type { Schema } from './core-schema.ts';
import { type Fields, isFields, toFields } from './defaults.ts';
import { durationSchema, resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';
import { resolveTo } from './references.ts';
import type { Checked } from './validate.ts';

const level = { enum: logLevels, description: 'Lines that matter less are left out.' };

/** The schema of the key `logs`. */
export const logsSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'Where runs are logged, for how long, and how much of it.',
  examples: [{ level: 'warn', keep: '7d', database: { to: 'db.sync_logs' } }],
  properties: {
    dir: {
      type: 'string',
      minLength: 1,
      default: '.syncline/logs',
      description:
        'The folder of the files, relative to the folder of the config: `YYYY-MM-DD.jsonl` with a JSON line per event, a file per day in UTC, and `errors/YYYY-MM-DD.jsonl` with errors and failed pipelines alone.',
    },
    level: { ...level, default: 'info' },
    keep: {
      ...durationSchema,
      default: '30d',
      description:
        'How long lines are kept: older ones are removed when a run begins, except in sinks that cannot remove rows.',
      examples: ['7d'],
    },
    database: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description:
        'The log in a database. There the start and the end of runs and pipelines are never left out.',
      properties: {
        level: { ...level, default: 'warn' },
        to: {
          type: 'string',
          minLength: 1,
          description:
            'The target that lines are appended to, as `sink.target`, with the columns `batch_id`, `level`, `step`, `message`, `meta` and `created_at`. Default: the state.',
          examples: ['db.sync_logs'],
        },
      },
    },
  },
} satisfies Schema;

interface Surroundings extends Pick<Config, 'sinks' | 'pipelines'> {
  readonly checked: Checked;
  readonly directory: string;
  readonly findings: Findings;
}

/** The key `logs` with its defaults; undefined when something in it is wrong, which is told. */
export function resolveLogs(surroundings: Surroundings): LogsConfig | undefined {
  const { checked, directory, findings } = surroundings;
  const logs = fieldsOf(checked.logs);
  const database = fieldsOf(logs.database);
  const keep = resolveDuration(logs.keep, ['logs', 'keep'], findings);
  const to = typeof database.to === 'string' ? resolveTarget(database.to, surroundings) : undefined;
  if (keep === undefined || findings.touches(['logs'])) return undefined;
  return {
    dir: resolve(directory, String(logs.dir)),
    level: logs.level as LogLevel,
    keep,
    database: { level: database.level as LogLevel, to },
  };
}

function resolveTarget(
  text: string,
  { checked, sinks, pipelines, findings }: Surroundings,
): LogsConfig['database']['to'] {
  const path = ['logs', 'database', 'to'];
  const written = resolveTo(text, path, checked.sinks, findings);
  const sink = written && sinks.get(written.sink.name);
  if (written === undefined || sink === undefined) return undefined;
  if (!sink.plugin.modes.includes('append')) {
    const message = `lines of the log are appended, and the sink "${sink.name}" (${sink.plugin.name}) has no mode append`;
    findings.error({
      path,
      code: 'config/mode',
      message,
      help: 'Name a sink that can append, such as a database.',
    });
  }
  const { target } = written;
  const sharing = [...pipelines.values()].find(({ targets }) =>
    targets.some((other) => other.sink === sink && other.target === target),
  );
  if (sharing !== undefined) {
    const message = `the pipeline "${sharing.name}" writes ${text} too`;
    findings.error({ path, code: 'config/target', message, help: 'Give the log a target of its own.' });
  }
  return { sink, target };
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : toFields([]);
}
