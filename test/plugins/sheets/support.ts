import { sink, source } from '../../../plugins/google_sheets/index.ts';
import type { Batch, OpenSink, SourceRecord } from '../../../src/index.ts';
import { context } from '../../../src/testing/suite.ts';
import type { SheetsServer } from '../../kit/sheets.ts';

/** The options of the plugin for a server of the tests. */
export function optionsOf({ url, id, token }: SheetsServer) {
  return {
    spreadsheet: id,
    base_url: url,
    auth: { type: 'bearer', token },
    retry: { initial: '1ms', max: '1ms', attempts: 3 },
  };
}

export function openSink(server: SheetsServer): Promise<OpenSink> {
  return sink.open(optionsOf(server), context());
}

export interface Reading {
  readonly records: readonly SourceRecord[];
  readonly batches: readonly Batch[];
  readonly warnings: readonly string[];
}

export async function readSheet(server: SheetsServer, sheet: string): Promise<Reading> {
  const warnings: string[] = [];
  const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  const opened = await source.open(optionsOf(server), { ...context(), logger });
  const { signal } = new AbortController();
  const batches: Batch[] = [];
  try {
    const batch = { rows: 2, bytes: 1_000 };
    for await (const one of opened.read({ stream: 'rows', options: { sheet }, batch, signal }))
      batches.push(one);
  } finally {
    await opened.close();
  }
  return { batches, warnings, records: batches.flatMap(({ records }) => records) };
}
