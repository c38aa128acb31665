import { durationPattern } from '../model/duration.ts';
import { daemonSchema } from './daemon.ts';
import { durationSchema } from './durations.ts';
import { journalSchema } from './journal.ts';
import { logsSchema } from './logs.ts';
import { notifySchema } from './notify-schema.ts';
import { conditionSchema, pipelineSchema } from './pipeline-schema.ts';

/** A JSON Schema, or a part of one, as data. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/**
 * What a source, sink, stream or pipeline may be called. No dots: `to` and `from` are split at the first one. No
 * numbers: objects, JSON ones too, put such keys first, whatever the order of the file.
 */
const namePattern = '^(?![0-9]+$)[\\p{L}\\p{N}][\\p{L}\\p{N}_-]*$';

const names = {
  pattern: namePattern,
  patternErrorMessage:
    'A name begins with a letter or digit, goes on with these, "_" and "-", and is not only a number.',
} satisfies Schema;

const type = {
  type: 'string',
  minLength: 1,
  description: 'The plugin: a built-in name, a path to one of your own, or an installed package.',
  examples: ['file', './my-plugin.ts'],
} satisfies Schema;

/** The keys every stream has beside the options of its source. */
export const streamSchema = {
  primary_key: {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    uniqueItems: true,
    items: { type: 'string', minLength: 1 },
    description:
      'The field or fields of the record that tell its records apart. A pipeline whose mapping takes them over has its primary key from here.',
    examples: ['id', ['account', 'day']],
  },
  incremental: {
    type: 'object',
    required: ['cursor_field'],
    additionalProperties: false,
    description: 'Each run reads only what is new since the one before, by a field that grows.',
    examples: [{ cursor_field: 'updated_at', initial: '2024-01-01' }],
    properties: {
      cursor_field: {
        type: 'string',
        minLength: 1,
        description: 'The path of the field in the record: a timestamp, a date, a number, or text in order.',
        examples: ['updated_at'],
      },
      initial: {
        type: ['string', 'number'],
        minLength: 1,
        description:
          'Records below it are never read. A value of the field; or a time such as `-90d`, counted back from the start of the run.',
        examples: ['2024-01-01', '-90d', 1000],
      },
      lookback: {
        type: ['string', 'number'],
        minimum: 0,
        pattern: `^[0-9]{1,15}$|${durationPattern}`,
        patternErrorMessage: durationSchema.patternErrorMessage,
        description:
          'Each run reads this much again, for records that arrive late. Default: `1h` for timestamps, else nothing; nothing under `append` and `sum`.',
        examples: ['1h', 100],
      },
      order: {
        enum: ['ascending', 'none'],
        description:
          'Whether records come in the order of the field. Under `none` the cursor moves only when a read is complete. Default: `ascending` for databases, `none` for files.',
      },
      step: {
        ...durationSchema,
        description:
          'A long range of time is read in windows of this length, each with a checkpoint of its own. It needs `initial`, and a source that can be asked for a range.',
        examples: ['30d'],
      },
      on_missing: {
        enum: ['error', 'include', 'exclude'],
        default: 'error',
        description:
          'What a record without the field does: stop the pipeline, be read in every run, or be left out.',
      },
    },
  },
  deleted_when: {
    ...conditionSchema,
    description:
      'Which records the source says are deleted: a path whose value is neither missing, null nor false, or an expression. Only their key is read; `deletes` of the pipeline says what becomes of the row.',
    examples: ['deleted', { expr: "record.status == 'gone'" }],
  },
  partitions: {
    type: 'object',
    minProperties: 1,
    maxProperties: 3,
    propertyNames: {
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      patternErrorMessage: 'The name of a partition is made of letters, digits and "_".',
    },
    additionalProperties: {
      type: 'array',
      minItems: 1,
      maxItems: 10_000,
      uniqueItems: true,
      items: { type: ['string', 'number'], minLength: 1 },
      examples: [['alpha', 'beta']],
    },
    description:
      'The stream is read once per value, each with a checkpoint of its own: `{project}` stands for the value in the options of the stream, `$partition.project` in `map`.',
    examples: [{ project: ['alpha', 'beta'] }],
  },
  parents: {
    type: 'object',
    additionalProperties: false,
    description:
      'How the stream is read for the records of another one of the source, which `{contacts.id}` in an option makes its parent: once for each, or with `{contacts[].id}` for several at a time. The parent is always read whole, once per run.',
    examples: [{ batch: 20, as: 'urn:li:sponsoredCampaign:{id}' }],
    properties: {
      batch: {
        type: 'integer',
        minimum: 1,
        maximum: 10_000,
        default: 1,
        description:
          'So many records of the parent are handed over at a time, as `{contacts[].id}`: their values are joined with commas.',
        examples: [20],
      },
      as: {
        type: 'string',
        minLength: 1,
        description:
          'What `{contacts[].id}` stands for, for each record: a text with paths of the record in braces.',
        examples: ['urn:li:sponsoredCampaign:{id}'],
      },
      on_missing: {
        enum: ['error', 'exclude'],
        default: 'error',
        description:
          'What a record of the parent without such a value does: stop the pipeline, or be left out.',
      },
    },
  },
} satisfies Schema;

/** The keys every source has beside its options. Streams are checked with the schema of their plugin. */
export const sourceSchema = {
  type: 'object',
  required: ['type', 'streams'],
  properties: {
    type,
    streams: {
      type: 'object',
      minProperties: 1,
      propertyNames: names,
      additionalProperties: { type: ['string', 'number', 'boolean', 'object'] },
      description: 'What can be read from the source, by name. A bare value is the short form of a stream.',
      examples: [{ campaigns: 'data/campaigns.json' }],
    },
  },
} satisfies Schema;

/** The keys every sink has beside its options. */
export const sinkSchema = {
  type: 'object',
  required: ['type'],
  properties: { type },
} satisfies Schema;

/** What every config may hold, whatever its plugins: their options are free here, and checked with their own schema. */
export const coreSchema = {
  type: 'object',
  required: ['version', 'sources', 'sinks', 'pipelines'],
  additionalProperties: false,
  patternProperties: { '^x-': { description: 'Free for anchors; Syncline does not read it.' } },
  properties: {
    version: { enum: [1], description: 'The version of the language this file is written in.' },
    state: {
      type: 'string',
      pattern: '^(file:.+|(?![A-Za-z][A-Za-z0-9+.-]+:).+)$',
      patternErrorMessage: 'A file: `file:.syncline/state.db`, relative to the folder of the config.',
      default: 'file:.syncline/state.db',
      description:
        'Where runs and rejects are remembered: a libSQL file, relative to the folder of the config.',
      examples: ['file:.syncline/state.db'],
    },
    logs: logsSchema,
    history: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description:
        'Which runs are remembered: no longer than `keep` (`90d`), no more than `keep_runs` (1000). Others are forgotten at the end of a run, but for the latest of each pipeline. Rejects stay until they are retried, dropped, or cleared with `history clear`.',
      examples: [{ keep: '30d' }],
      properties: {
        keep: {
          ...durationSchema,
          default: '90d',
          description: 'For how long.',
          examples: ['90d'],
        },
        keep_runs: {
          type: 'integer',
          minimum: 1,
          maximum: 1_000_000,
          default: 1000,
          description: 'How many.',
          examples: [1000],
        },
      },
    },
    daemon: daemonSchema,
    journal: journalSchema,
    notify: { ...notifySchema, propertyNames: names },
    include: {
      type: ['string', 'array'],
      items: { type: 'string' },
      description:
        'Globs of further files, whose sources, sinks and pipelines are merged in by name. A name in two files is an error.',
      examples: ['sources/*.yaml'],
    },
    defaults: {
      type: 'object',
      additionalProperties: false,
      description: 'Deep-merged under every entry of its kind; `null` in an entry removes a default.',
      properties: {
        source: { type: 'object', description: 'Merged under every source.' },
        sink: { type: 'object', description: 'Merged under every sink.' },
        pipeline: {
          ...pipelineSchema,
          required: [],
          description: 'Merged under every pipeline.',
          examples: [{ schema_contract: 'freeze' }],
        },
      },
    },
    sources: {
      type: 'object',
      propertyNames: names,
      // Each is checked with the schema of its plugin, which knows all of it.
      additionalProperties: { type: 'object' },
      description: 'Where records come from, by name.',
      examples: [{ export: { type: 'file', streams: { campaigns: 'data/campaigns.json' } } }],
    },
    sinks: {
      type: 'object',
      propertyNames: names,
      additionalProperties: { type: 'object' },
      description: 'Where rows go, by name.',
      examples: [{ db: { type: 'libsql', url: 'file:data/sync.db' } }],
    },
    pipelines: {
      type: 'object',
      propertyNames: names,
      additionalProperties: pipelineSchema,
      description: 'What is kept in sync, by name: one stream, mapped and merged into one target each.',
      examples: [{ campaigns: { from: 'export.campaigns', to: 'db.campaigns', primary_key: 'id' } }],
    },
  },
} satisfies Schema;
