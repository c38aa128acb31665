import type { SourceRecord } from '../model/types.ts';
import { type BatchLimits, Gathering, longestRecord, type RecordBatch, tooLong } from './batch.ts';
import { recordFrom } from './record.ts';

/** Reads JSON lines: one object per line; blank lines are skipped, and the last line may lack its end. */
export async function* readJsonl(
  texts: AsyncIterable<string>,
  file: string,
  limits: BatchLimits,
): AsyncGenerator<RecordBatch> {
  const gathered = new Gathering(limits);
  let rest = '';
  let line = 0;
  for await (const text of texts) {
    let end = text.indexOf('\n');
    if (end >= 0) end += rest.length;
    rest += text;
    let start = 0;
    for (; end >= 0; end = rest.indexOf('\n', start)) {
      line += 1;
      const record = parseLine(rest.slice(start, end), file, line);
      if (record !== undefined && gathered.add(record, end - start)) yield gathered.take();
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > longestRecord) {
      throw tooLong(file, `line ${line + 1}`, 'JSON lines have one record per line: is this a json file?');
    }
  }
  const record = parseLine(rest, file, line + 1);
  if (record !== undefined) gathered.add(record, rest.length);
  if (gathered.isWaiting) yield gathered.take();
}

function parseLine(text: string, file: string, line: number): SourceRecord | undefined {
  return text.trim() === ''
    ? undefined
    : recordFrom(text, file, line, 'JSON lines have one object per line.');
}
