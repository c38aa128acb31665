import { modes, strategyNames } from '../model/types.ts';

/** How one column merges. */
export const strategySchema = {
  anyOf: [
    { enum: strategyNames },
    {
      type: 'string',
      pattern: '^(\\.{0,2}/|[A-Za-z0-9_-]+/).*\\.[cm]?[jt]s$',
      description: 'the path of a function such as ./my-merge.ts',
    },
    {
      type: 'object',
      required: ['newest'],
      additionalProperties: false,
      description: '{ newest: { by: FIELD } }',
      properties: {
        newest: {
          type: 'object',
          required: ['by'],
          additionalProperties: false,
          description: 'The incoming value, when its row is not older than the one that is there.',
          examples: [{ by: 'updated_at' }],
          properties: {
            by: {
              type: 'string',
              minLength: 1,
              description: 'The column that tells which row is newer. It merges by `max` itself.',
              examples: ['updated_at'],
            },
          },
        },
      },
    },
  ],
} as const;

/** A number of rows or a share of them. */
export const limitSchema = {
  type: ['integer', 'string'],
  minimum: 0,
  pattern: '^([0-9]{1,9}|([0-9]{1,2}([.][0-9]{1,3})?|100)%)$',
  patternErrorMessage: 'A number of rows such as `20`, or a share such as `5%`.',
} as const;

/** What deleting does. Defaults are told and not declared: what is written here says that something was meant. */
export const deletesSchema = {
  type: 'object',
  additionalProperties: false,
  description:
    'What becomes of rows that a complete read under `mirror` did not contain, or whose record is deleted (`deleted_when`). Under `replace` only `max` applies.',
  examples: [{ mode: 'hard', max: '10%' }],
  properties: {
    mode: {
      enum: ['soft', 'hard', 'ignore'],
      description:
        '`soft` marks rows with the time of the run, and clears the mark when they come back; `hard` removes them; `ignore` leaves them. Default: `soft`.',
    },
    column: {
      type: 'string',
      minLength: 1,
      description: 'The column that `soft` marks; a row is living while it is null. Default: `_deleted_at`.',
      examples: ['_deleted_at'],
    },
    max: {
      ...limitSchema,
      description:
        'The delete guard: when more rows than this, and more than 5, are absent, the pipeline fails before the first of them is deleted. Default: `20%`. `--allow-delete` overrules it for one run.',
      examples: ['20%', 100],
    },
  },
} as const;

/** `to`: one target, or several. */
export const targetsSchema = {
  type: ['string', 'array'],
  minItems: 1,
  items: {
    type: ['string', 'object'],
    required: ['target'],
    additionalProperties: false,
    description: '`sink.target`, or that with a mode, `merge` and `deletes` of its own.',
    examples: ['db.campaigns', { target: 'files.campaigns', mode: 'append' }],
    properties: {
      target: {
        type: 'string',
        description: 'Where rows go: `sink.target`.',
        examples: ['files.campaigns'],
      },
      mode: {
        enum: modes,
        description: "How rows meet what is there. Default: the pipeline's, or the sink's first.",
        examples: ['append'],
      },
      merge: {
        type: 'object',
        additionalProperties: strategySchema,
        description: "In the place of the pipeline's `merge`.",
        examples: [{ '*': 'keep_edits' }],
      },
      deletes: { ...deletesSchema, description: "In the place of the pipeline's `deletes`." },
    },
  },
  description:
    'Where rows go: `sink.target`, or a list of these. What follows the first dot is the table or the file. Each target has a checkpoint of its own; one that fails does not stop the others.',
  examples: ['db.campaigns', ['db.campaigns', { target: 'files.campaigns', mode: 'append' }]],
} as const;
