import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import { type BatchLimits, Gathering, type RecordBatch } from './batch.ts';
import { JsonScan } from './json-scan.ts';
import { isObject, kindOf, recordFrom, sentence } from './record.ts';

/**
 * Reads the records of one array in a JSON document: the document itself, or what lies at the path `records`. The
 * text is asked for twice. The first time the whole document is judged, so that one that was cut off gives no record;
 * the second time its records are parsed one by one.
 */
export async function* readJson(
  openText: () => AsyncIterable<string>,
  file: string,
  records: string,
  limits: BatchLimits,
): AsyncGenerator<RecordBatch> {
  const outline = await readOutline(openText(), file);
  const found = find(outline, records);
  if (found === null) return;
  if (!Array.isArray(found)) throw noArray(outline, found, file, records);
  const gathered = new Gathering(limits);
  const scan = new JsonScan(file, Number(found[0]));
  for await (const text of openText()) {
    scan.push(text);
    for (const element of scan.take()) {
      const record = recordFrom(element.text, file, element.line, 'Every record is an object.');
      if (gathered.add(record, element.text.length)) yield gathered.take();
    }
  }
  if (gathered.isWaiting) yield gathered.take();
}

/** The document with the number of each outermost array in the place of its elements. */
async function readOutline(texts: AsyncIterable<string>, file: string): Promise<Value> {
  const scan = new JsonScan(file);
  for await (const text of texts) scan.push(text);
  if (scan.skeleton.trim() === '') throw notJson(file, 'is empty');
  if (!scan.isWhole) throw notJson(file, 'is cut off: it ends before its JSON is complete');
  try {
    return JSON.parse(scan.skeleton) as Value;
  } catch (cause) {
    throw notJson(file, `is not JSON: ${sentence(cause)}`, cause);
  }
}

function notJson(file: string, what: string, cause?: unknown): SyncError {
  const hint = 'Have the file written again. If it has one object per line, set `format: jsonl`.';
  return new SyncError('source/malformed', `${file} ${what}`, { hint, cause });
}

/** Undefined when the path leads nowhere. */
function find(outline: Value, records: string): Value | undefined {
  if (records === '$') return outline;
  let value: Value | undefined = outline;
  for (const name of records.split('.')) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

function noArray(outline: Value, found: Value | undefined, file: string, records: string): SyncError {
  const what = found === undefined ? 'nothing' : kindOf(found);
  const message = `${file} has ${what} at \`records: ${records}\`, where the array of records should be`;
  return new SyncError('source/records', message, { hint: advice(outline) });
}

function advice(outline: Value): string {
  if (Array.isArray(outline)) return 'The document itself is an array: leave `records` out.';
  const arrays = arrayPaths(outline, []).slice(0, 10);
  return arrays.length === 0 ? 'There is no array in it.' : `It has these arrays: ${arrays.join(', ')}.`;
}

/** Arrays that lie deep are no likely records, and a walk without end could be one too many. */
const deepest = 6;

function arrayPaths(value: Value, names: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return [names.join('.')];
  if (!isObject(value) || names.length === deepest) return [];
  return Object.entries(value).flatMap(([name, member]) => arrayPaths(member, [...names, name]));
}
