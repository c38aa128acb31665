import { SyncError } from '../model/errors.ts';
import type { BatchLimits, RecordBatch } from './batch.ts';
import type { CsvOptions } from './csv.ts';
import type { Format } from './format.ts';
import { unpack } from './gzip.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { decodeText } from './text.ts';

export interface ReadOptions {
  readonly format: Format;
  /** What errors call the file. */
  readonly file: string;
  readonly batch: BatchLimits;
  /** A label of the WHATWG Encoding Standard; `utf-8` when undefined. */
  readonly encoding?: string;
  /** json: the dotted path of the array that holds the records; `$`, the document itself, when undefined. */
  readonly records?: string;
  /** csv and tsv: one character; a comma or a tab when undefined. */
  readonly delimiter?: string;
  /** csv and tsv: what an empty cell becomes, null or an empty text; null when undefined. */
  readonly empty?: null | 'text';
}

/**
 * Reads the records of a file, gzip or not, lazily and in bounded memory. Ending normally says the file was whole.
 *
 * `open` gives the file's bytes from the beginning; for json it is called twice, and the bytes must be the same.
 * Throws a `SyncError` (`source/…`) that names the file and the line where its content is not what it should be.
 */
export function readRecords(
  open: () => AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const { file, format, batch, encoding = 'utf-8' } = options;
  const openText = () => decodeText(unpack(open(), file), encoding, file);
  switch (format) {
    case 'json':
      return readJson(openText, file, options.records ?? '$', batch);
    case 'jsonl':
      return readJsonl(openText(), file, batch);
    case 'csv':
    case 'tsv': {
      const delimiter = options.delimiter ?? (format === 'csv' ? ',' : '\t');
      if (/^["\r\n\uFEFF]?$/.test(delimiter)) throw badDelimiter(delimiter);
      return readTable(openText(), file, { delimiter, empty: options.empty ?? null }, batch);
    }
  }
}

/** What splits delimited text is loaded with the first such file. */
async function* readTable(
  texts: AsyncIterable<string>,
  file: string,
  options: CsvOptions,
  limits: BatchLimits,
): AsyncGenerator<RecordBatch> {
  yield* (await import('./csv.ts')).readCsv(texts, file, options, limits);
}

function badDelimiter(delimiter: string): SyncError {
  return new SyncError('source/option', `${JSON.stringify(delimiter)} cannot be a delimiter`, {
    hint: 'Set `delimiter` to the character between two cells, such as ";".',
  });
}
