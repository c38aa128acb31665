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

/** `to`: one target, or several. */
export const targetsSchema = {
  type: ['string', 'array'],
  minItems: 1,
  items: {
    type: ['string', 'object'],
    required: ['target'],
    additionalProperties: false,
    description: '`sink.target`, or that with a mode and a merge of its own.',
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
    },
  },
  description:
    'Where rows go: `sink.target`, or a list of these. What follows the first dot is the table or the file. Each target has a checkpoint of its own; one that fails does not stop the others.',
  examples: ['db.campaigns', ['db.campaigns', { target: 'files.campaigns', mode: 'append' }]],
} as const;
