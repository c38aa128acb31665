import { defineSource } from 'syncline';

/** Options of the source and of its streams: descriptions become help, hover texts and error messages. */
const options = {
  type: 'object',
  additionalProperties: false,
  required: ['greeting'],
  properties: {
    greeting: { type: 'string', description: 'What every record says.', examples: ['hello'] },
  },
} as const;

const streamOptions = {
  type: 'object',
  additionalProperties: false,
  required: ['count'],
  properties: {
    count: { type: 'integer', minimum: 0, description: 'How many records there are.', examples: [3] },
  },
} as const;

export const source = defineSource({
  name: 'my-source',
  summary: 'Reads a few records that it makes up.',
  options,
  streamOptions,
  // `streams: { people: 3 }` means `streams: { people: { count: 3 } }`.
  shortForm: 'count',
  async open({ greeting }, { signal }) {
    return {
      // Batches are asked for one by one. A position says where an interrupted read goes on: here the last number.
      async *read({ options: { count }, batch, position = 0 }) {
        for (let last = Number(position); last < count; ) {
          signal.throwIfAborted();
          const records = [];
          for (; last < count && records.length < batch.rows; last++)
            records.push({ id: last + 1, says: greeting });
          yield { records, bytes: records.length * 100, position: last };
        }
      },
      async close() {
        // Whatever was opened is closed here.
      },
    };
  },
});
