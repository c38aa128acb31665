/** A source that reads one record after another until a file is there, and then ends. */
export const gate = `import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { defineSource } from 'syncline';
export const source = defineSource({
  name: 'gate', summary: 'Goes on until it may end.',
  options: { type: 'object', properties: { hangs: { type: 'boolean', description: 'Never closes.' } }, additionalProperties: false },
  streamOptions: { type: 'object', properties: { until: { type: 'string', description: 'A file.' } }, additionalProperties: false },
  shortForm: 'until',
  async open({ hangs }, { directory }) {
    return {
      async *read({ options, signal }) {
        // Types are learned from the first thousand.
        yield { records: Array.from({ length: 1000 }, (_, id) => ({ id })), bytes: 9000 };
        for (let id = 1000; !existsSync(join(directory, options.until)); id++) {
          yield { records: [{ id }], bytes: 9 };
          await setTimeout(5, undefined, { signal });
        }
      },
      async close() {
        if (hangs) await new Promise(() => setTimeout(60_000));
      },
    };
  },
});
`;
