import { type Committed, defineSink, type RowBatch, SyncError, type Writer } from 'syncline';
import { printRows } from 'syncline/formats';

export const sink = defineSink({
  name: 'stdout',
  summary: 'Prints rows as JSON lines to the standard output.',
  options: { type: 'object', additionalProperties: false, properties: {} } as const,
  modes: ['append'],
  capabilities: [],
  async open() {
    const output = openOutput();
    const writer: Writer = { commit: (batch) => printBatch(output, batch), close: async () => {} };
    return {
      discover: async () => undefined,
      begin: async () => writer,
      close: async () => output.close(),
    };
  },
});

async function printBatch(output: Output, { target, rows }: RowBatch): Promise<Committed> {
  await output.write(printRows('jsonl', target).print(rows, 0));
  return { inserted: rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0, schema_changes: [] };
}

interface Output {
  /** Resolves when the text was taken. */
  write(text: string): Promise<void>;
  close(): void;
}

/** The standard output. Once its reader has gone (`syncline run | head`) what is written goes nowhere, quietly. */
function openOutput(): Output {
  let isOpen = true;
  const onError = () => {};
  process.stdout.on('error', onError);
  return {
    async write(text) {
      if (!isOpen) return;
      const error = await new Promise<Error | null | undefined>((resolve) =>
        process.stdout.write(text, resolve),
      );
      if (!error) return;
      isOpen = false;
      if ('code' in error && error.code === 'EPIPE') return;
      throw new SyncError('sink/write_failed', `the standard output could not be written: ${error.message}`, {
        hint: 'Is it redirected to a full disk?',
        cause: error,
      });
    },
    close() {
      // After an error the listener stays: the stream tells it once more, later, and unheard it would end the process.
      if (isOpen) process.stdout.off('error', onError);
    },
  };
}
