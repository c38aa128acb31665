import { defineSource } from 'syncline';

export const source = defineSource({
  name: 'numbers',
  summary: 'Counts.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  streamOptions: {
    type: 'object',
    properties: { upto: { type: 'string', description: 'How far to count.' } },
    required: ['upto'],
    additionalProperties: false,
  },
  shortForm: 'upto',
  async open() {
    return {
      async *read({ options }) {
        const records = Array.from({ length: Number(options.upto) }, (_, index) => ({ n: index + 1 }));
        yield { records, bytes: records.length * 10 };
      },
      async close() {},
    };
  },
});
