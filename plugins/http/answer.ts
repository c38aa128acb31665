import { type AnswerScope, type SourceRecord, SyncError, type Value } from 'syncline';
import { readRecords } from 'syncline/formats';
import type { HttpResponse } from 'syncline/http';
import { findRecords } from './records.ts';
import type { HttpStream } from './stream-options.ts';

/** An answer, read as a page. */
export interface Page {
  readonly records: readonly SourceRecord[];
  readonly header?: readonly string[];
  readonly bytes: number;
  /** What paths and expressions see of it. */
  readonly scope: AnswerScope;
  /** Where it came from, after redirects: addresses in it may be relative. */
  readonly url: string;
}

/** What paths and expressions see of an answer; its body as JSON where it is that, else as text. */
export function scopeOf(response: HttpResponse): AnswerScope {
  const { status, headers } = response;
  return {
    status,
    headers,
    get body() {
      return bodyOf(response);
    },
  };
}

function bodyOf(response: HttpResponse): Value {
  if (response.body.length === 0) return null;
  try {
    return response.json();
  } catch {
    return Buffer.from(response.body).toString('utf8');
  }
}

/** An answer as a page without records, whatever it holds. */
export function emptyPage(response: HttpResponse): Page {
  return { records: [], bytes: response.body.length, scope: scopeOf(response), url: response.url };
}

/** Reads an answer of success; `place` is what errors call it. A page that is not what was declared is an error, never an empty one. */
export async function readPage(response: HttpResponse, stream: HttpStream, place: string): Promise<Page> {
  const page = emptyPage(response);
  if (response.status === 204 || response.status === 205) return page;
  if (stream.format !== 'json') return { ...page, ...(await readLines(response, stream.format, place)) };
  const records = findRecords(jsonOf(response, place), stream, place);
  return { ...page, records: stream.fill === undefined ? records : filled(records, stream.fill) };
}

/** Records with the fields that the API left out. */
function filled(records: readonly SourceRecord[], fields: SourceRecord): readonly SourceRecord[] {
  return records.map((record) => {
    const missing = Object.entries(fields).filter(([name]) => !Object.hasOwn(record, name));
    return missing.length === 0 ? record : { ...record, ...Object.fromEntries(missing) };
  });
}

/** A rule may have let through what the client would have refused. */
function jsonOf(response: HttpResponse, place: string): Value {
  try {
    return response.json();
  } catch (cause) {
    if (cause instanceof SyncError) throw cause;
    throw new SyncError('http/not_json', `${place} sent a body that is not JSON`);
  }
}

/** All records of an answer in lines or rows. */
async function readLines(
  response: HttpResponse,
  format: 'jsonl' | 'csv',
  place: string,
): Promise<Pick<Page, 'records' | 'header'>> {
  const text = response.text();
  if (/^\s*<(!doctype html|html)/i.test(text))
    throw new SyncError('http/not_json', `${place} sent a web page where ${format} should be`, {
      hint: 'It may be a login page: check the URL and the credentials.',
    });
  async function* bytes() {
    yield Buffer.from(text);
  }
  const whole = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  const records: SourceRecord[] = [];
  let header: readonly string[] | undefined;
  for await (const batch of readRecords(bytes, { format, file: `the answer of ${place}`, batch: whole })) {
    for (const record of batch.records) records.push(record);
    header ??= batch.header;
  }
  return { records, header };
}
