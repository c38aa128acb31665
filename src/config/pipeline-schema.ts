import { columnTypes, modes } from '../model/types.ts';
import { periods } from '../transform/period.ts';
import { durationSchema } from './durations.ts';
import { scheduleSchema } from './schedule.ts';
import { deletesSchema, limitSchema, strategySchema, targetsSchema } from './target-schema.ts';

export const conditionSchema = {
  type: ['string', 'object'],
  minLength: 1,
  required: ['expr'],
  additionalProperties: false,
  properties: {
    expr: {
      type: 'string',
      description: 'A CEL expression that must be true. It sees `record`, `item`, `run` and `now`.',
      examples: ["record.status == 'active'"],
    },
  },
} as const;

const field = {
  type: ['string', 'object'],
  minLength: 1,
  additionalProperties: false,
  description:
    'How a column gets its value: a path in the record, or exactly one of `from`, `expr` and `value` with what goes with it.',
  examples: ['mail', { from: 'stats.sent', type: 'integer' }],
  properties: {
    from: {
      type: 'string',
      minLength: 1,
      description:
        'A dotted path in the record: `names.0.displayName`. `$` is the whole of it, `$record` the record around the element under `each`.',
      examples: ['names.0.displayName', '["a.b"]', '$', '$record.id', '$run.id', '$now'],
    },
    expr: {
      type: 'string',
      description:
        'A CEL expression. It sees `record`, `item`, `run` and `now`; a missing key reads as null.',
      examples: ["coalesce(record.first, '') + ' ' + coalesce(record.last, '')"],
    },
    value: { description: 'The same value in every row.', examples: ['instantly'] },
    type: {
      enum: columnTypes,
      description:
        'The type of the column. A value that does not fit is a reject. Without it the type is taken from the first records.',
    },
    on_error: {
      enum: ['default', 'null', null],
      description:
        'What a value that does not fit becomes: the default, or null. Without it the row is a reject.',
    },
    default: {
      description: 'Stands in for a missing value, and for null when it is not null itself.',
      examples: ['', 0],
    },
    format: {
      enum: ['iso8601', 'epoch_s', 'epoch_ms', 'epoch_us'],
      description: 'How a timestamp is written in the source: ISO 8601 text, or a count since 1970.',
    },
    timezone: {
      type: 'string',
      description: 'The time zone of timestamps that are written without one.',
      examples: ['Europe/Berlin'],
    },
    group: {
      type: 'string',
      minLength: 1,
      maxLength: 1,
      description: 'The thousands separator of numbers in text.',
      examples: [','],
    },
  },
} as const;

const pipelineNames = {
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', minLength: 1 },
  description: 'The pipelines that run first.',
  examples: ['contacts', ['contacts', 'campaigns']],
} as const;

const stamp = (name: string, description: string) =>
  ({
    anyOf: [{ type: 'string', minLength: 1, description: 'the name of a column' }, { enum: [false] }],
    default: name,
    description: `${description} \`false\` leaves it out.`,
    examples: [name, false],
  }) as const;

/** One pipeline, whole: every key, with its default and what it is for. */
export const pipelineSchema = {
  type: 'object',
  required: ['from', 'to'],
  additionalProperties: false,
  properties: {
    from: {
      type: 'string',
      description: 'What is read: `source.stream`.',
      examples: ['export.campaigns'],
    },
    to: targetsSchema,
    primary_key: {
      type: ['string', 'array'],
      minLength: 1,
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
      description:
        "The column or columns that tell rows apart. Default: the stream's own, where the mapping takes it over.",
      examples: ['id', ['account', 'day']],
    },
    mode: {
      enum: modes,
      description:
        "How rows meet what is there: `upsert` merges by key, `append` inserts, `replace` puts a complete read in the place of what was there, `mirror` upserts and then deletes what a complete read did not contain, `snapshot` adds a row per key and period. Default: the sink's first; `upsert` for databases, `replace` for files, `append` for stdout.",
      examples: ['append'],
    },
    map: {
      type: 'object',
      minProperties: 1,
      additionalProperties: field,
      description:
        'The columns, by name, each with where its value comes from. Without it every field becomes a column.',
      examples: [{ email: 'mail', sent: { from: 'stats.sent', type: 'integer', default: 0 } }],
    },
    rest: {
      enum: ['keep', 'drop'],
      default: 'drop',
      description: 'Beside `map`: `keep` also takes the top-level fields that no mapping reads.',
    },
    each: {
      type: 'string',
      minLength: 1,
      description: 'The path of an array in the record: one row for each of its elements.',
      examples: ['items'],
    },
    where: {
      ...conditionSchema,
      description:
        'Which rows to take: a path whose value is neither missing, null nor false, or an expression. The others are skipped, and counted.',
      examples: ['active', { expr: 'record.amount > 0' }],
    },
    merge: {
      type: 'object',
      additionalProperties: strategySchema,
      description:
        'What happens to a column when its row is already there; `"*"` stands for all others. Default: `overwrite`.',
      examples: [{ '*': 'keep_edits', tags: 'union', status: { newest: { by: 'updated_at' } } }],
    },
    replace_within: {
      type: 'boolean',
      default: false,
      description:
        'With `each`, or where the stream has a parent: rows of the same record, or of the same parent, that are no longer there are removed. It is told by those columns of the primary key that are mapped from `$record` or `$parent`.',
    },
    checks: {
      type: 'object',
      additionalProperties: { type: 'object', examples: [{ type: 'string' }] },
      description: 'A JSON Schema per column. A row that fails one is a reject.',
      examples: [{ email: { type: 'string', format: 'email' } }],
    },
    rejects: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'How many rows may be rejected before the pipeline counts as failed.',
      properties: {
        max: {
          ...limitSchema,
          default: '5%',
          description:
            'More rejects than this fail the pipeline. A share is judged every 1,000 rows and at the end; fewer than 10 rejects exceed it only when no row was accepted.',
          examples: ['5%', 0],
        },
      },
    },
    deletes: deletesSchema,
    snapshot: {
      type: 'object',
      required: ['every'],
      additionalProperties: false,
      description:
        "Under mode `snapshot`: one row per key and period of the run's start. What is there already stays as it is.",
      examples: [{ every: 'day', timezone: 'Europe/Berlin' }],
      properties: {
        every: {
          enum: periods,
          description: 'How long a period is. A week is that of ISO 8601: `2026-W47`.',
        },
        timezone: {
          type: 'string',
          minLength: 1,
          default: 'UTC',
          description: 'The time zone whose clocks tell the period.',
          examples: ['Europe/Berlin'],
        },
        column: {
          type: 'string',
          minLength: 1,
          default: 'snapshot_period',
          description:
            'The column the period is written to: `2026-11-22T13`, `2026-11-22`, `2026-W47`, `2026-11`.',
          examples: ['snapshot_period'],
        },
      },
    },
    schema_contract: {
      enum: ['evolve', 'freeze'],
      default: 'evolve',
      description:
        'Under `evolve` new fields become columns, and a value that does not fit its column stops the pipeline; under `freeze` new fields stop it, and rows that do not fit are rejected.',
    },
    schedule: scheduleSchema,
    after: {
      ...pipelineNames,
      type: ['string', 'array', 'object'],
      required: ['pipelines'],
      additionalProperties: false,
      description:
        'Pipelines of the same run that must have ended before this one starts. Without a `schedule` of its own the daemon runs it after theirs.',
      examples: ['contacts', { pipelines: ['contacts', 'campaigns'], if_upstream_fails: 'run' }],
      properties: {
        pipelines: pipelineNames,
        if_upstream_fails: {
          enum: ['skip', 'run'],
          default: 'skip',
          description: 'Whether this one is skipped when one of them failed.',
        },
      },
    },
    fresh_for: {
      ...durationSchema,
      description: 'The pipeline is skipped when its last complete success is younger than this.',
      examples: ['6h'],
    },
    full_every: {
      ...durationSchema,
      description: 'Once per this time the whole stream is read, whatever its cursor says.',
      examples: ['7d'],
    },
    batch_size: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 1000,
      description: 'Rows per commit; a batch is bounded by 4 MB as well.',
      examples: [1000],
    },
    columns: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'Columns the sink fills whenever it inserts or changes a row.',
      properties: {
        run_id: stamp('_run_id', 'The run that last changed the row.'),
        synced_at: stamp('_synced_at', 'When the row was last changed.'),
      },
    },
    enabled: {
      type: 'boolean',
      default: true,
      description: '`false`: the pipeline runs only when it is named exactly, or by tag.',
    },
    tags: {
      type: ['string', 'array'],
      minLength: 1,
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      default: [],
      description: 'Words to select pipelines by: `--select tag:nightly`.',
      examples: [['nightly']],
    },
  },
} as const;
