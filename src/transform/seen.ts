import type { Cursor } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { type CursorValue, compareCursors } from './cursor.ts';

/** More would make every checkpoint a large one. */
const most = 10_000;

/** Before an entry with a value of its own; without it, it has the cursor's. */
const ownValue = '>';

/** Records by their value of the cursor field and what identifies them, and how often each was seen. */
export class Seen {
  readonly #field: string;
  readonly #counts = new Map<
    string,
    { readonly value: CursorValue; readonly records: Map<string, number> }
  >();

  /** Those kept with a cursor, of which `at` is the value. */
  constructor(field: string, seen: Cursor['seen'] = {}, at?: CursorValue) {
    this.#field = field;
    if (at === undefined) return;
    for (const [entry, count] of Object.entries(seen)) {
      const own = entry.startsWith(ownValue) ? JSON.parse(entry.slice(ownValue.length)) : undefined;
      const [order, record] = own === undefined ? [at.order, entry] : (own as [string, string]);
      this.add({ ...at, text: order, order }, record, count);
    }
  }

  add(value: CursorValue, record: string, count = 1): void {
    let found = this.#counts.get(value.order);
    if (found === undefined) {
      found = { value, records: new Map() };
      this.#counts.set(value.order, found);
    }
    found.records.set(record, (found.records.get(record) ?? 0) + count);
  }

  has(value: CursorValue): boolean {
    return this.#counts.has(value.order);
  }

  /** Takes a record out once; false when it is not there. */
  remove(value: CursorValue, record: string): boolean {
    const records = this.#counts.get(value.order)?.records;
    const count = records?.get(record) ?? 0;
    if (records === undefined || count === 0) return false;
    if (count > 1) records.set(record, count - 1);
    else records.delete(record);
    return true;
  }

  forgetBelow(cursor: CursorValue): void {
    for (const [order, { value }] of this.#counts)
      if (compareCursors(value, cursor, this.#field) < 0) this.#counts.delete(order);
  }

  /** As it is kept with a cursor; undefined when it is empty. */
  print(at: CursorValue): Cursor['seen'] {
    const entries = [...this.#counts.values()].flatMap(({ value, records }) =>
      [...records].map(([record, count]): [string, number] =>
        value.order === at.order
          ? [record, count]
          : [ownValue + JSON.stringify([value.order, record]), count],
      ),
    );
    if (entries.length > most) throw this.#tooMany(at);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  #tooMany({ text }: CursorValue): SyncError {
    return new SyncError(
      'source/too_many_ties',
      `more than ${most.toLocaleString('en')} records have the latest cursor "${this.#field}" (${text}) or lie in the future, and each is to be taken once`,
      {
        hint: 'Write with `mode: upsert` and a `primary_key`, or choose a cursor field with finer values.',
      },
    );
  }
}
