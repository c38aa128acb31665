import { csvCell, csvLine } from './rows.ts';
import { decodeText } from './text.ts';

/**
 * The rows of a csv file that was printed with the columns `from`, printed again with the columns `to`, which hold
 * all of them. Without a header row; what the file has no column for is empty.
 */
export async function* widenCsv(
  chunks: AsyncIterable<Uint8Array>,
  from: readonly string[],
  to: readonly string[],
): AsyncGenerator<string> {
  // Loaded here: few files have to be widened.
  const { readCsv } = await import('./csv.ts');
  const places = to.map((name) => from.indexOf(name));
  const options = { delimiter: ',', empty: 'text' } as const;
  const batches = readCsv(decodeText(chunks, 'utf-8', 'the rows set aside'), 'the rows set aside', options, {
    rows: 1000,
    bytes: 4 * 1024 * 1024,
  });
  for await (const { header = [], records } of batches) {
    const names = places.map((place) => header[place]);
    const cells = (record: (typeof records)[number]) =>
      names.map((name) => (name === undefined ? '' : csvCell(String(record[name]))));
    yield records.map((record) => csvLine(cells(record))).join('');
  }
}
