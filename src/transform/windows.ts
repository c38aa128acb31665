import type { CursorRange } from '../model/checkpoint.ts';
import { type CursorValue, wrongType } from './cursor.ts';
import { instantOfCursor } from './cursor-bound.ts';

/** What is cut: instants in milliseconds, and the length of a window. */
export interface WindowsOptions {
  readonly field: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** The start of the window an interrupted read goes on in. */
  readonly resumed?: number;
}

/**
 * A long range of time cut into windows that are read one after the other. The first is open below and the last above:
 * how far they reach is for the range to say, which may end at an instant no field can be compared with.
 */
export class Windows {
  readonly #field: string;
  readonly #end: number;
  readonly #step: number;
  #from: number | undefined;
  #before: number | undefined;

  constructor({ field, start, end, step, resumed }: WindowsOptions) {
    this.#field = field;
    this.#end = end;
    this.#step = step;
    this.#from = resumed;
    this.#before = this.#endOf(resumed ?? start);
  }

  /** Where the window at hand begins: milliseconds; undefined for the first. */
  get from(): number | undefined {
    return this.#from;
  }

  /** Where it ends; undefined for the last. */
  get before(): number | undefined {
    return this.#before;
  }

  /** Every value is in exactly one window. Throws `source/cursor_type` for one that is no time. */
  holds(value: CursorValue): boolean {
    const instant = instantOfCursor(value);
    if (instant === undefined) throw notTimes(this.#field, value);
    return (this.#from ?? instant) <= instant && (this.#before === undefined || instant < this.#before);
  }

  /** Moves on to the window after; false when there is none. */
  next(): boolean {
    if (this.#before === undefined) return false;
    this.#from = this.#before;
    this.#before = this.#endOf(this.#before);
    return true;
  }

  /** What to ask a source for, which may return more. Times are told as instants: sources write them in many ways. */
  narrow(range: CursorRange): CursorRange {
    const isTime = range.kind === undefined || range.kind === 'timestamp';
    if (!isTime && range.kind !== 'text') return range;
    return {
      ...range,
      kind: 'timestamp',
      from: isoOf(this.#from) ?? (isTime ? range.from : undefined),
      before: isoOf(this.#before) ?? (isTime ? range.before : undefined),
    };
  }

  #endOf(start: number): number | undefined {
    const end = start + this.#step;
    return end < this.#end ? end : undefined;
  }
}

export function notTimes(field: string, { text }: Pick<CursorValue, 'text'>): Error {
  return wrongType(
    field,
    `holds ${text}, and \`step\` cuts a range of time into windows`,
    'Remove `step`, or choose a cursor field that holds dates or timestamps.',
  );
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
