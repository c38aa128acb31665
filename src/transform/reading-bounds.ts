import type { Cursor, CursorRange } from '../model/checkpoint.ts';
import { type CursorValue, compareCursors, isNumeral, restoreCursor } from './cursor.ts';
import { boundLike, boundUnseen, instantOfCursor, isOffset, lowerBy } from './cursor-bound.ts';
import type { Incremental } from './incremental.ts';
import type { ReadingOptions } from './reading.ts';

/** Timestamps are committed late more often than not. */
const timestampLookback = 3_600_000;

/** From where to where a reading takes records. What a person wrote is understood once a value of the field is known. */
export class ReadingBounds {
  /** Records below it do not count; undefined: all count, or no value is known yet. */
  lower: CursorValue | undefined;
  #upper: CursorValue | undefined;
  #isResolved = false;
  readonly #options: ReadingOptions;
  readonly #incremental: Incremental;
  /** What a person wrote. */
  readonly #from: string | undefined;
  readonly #to: string | undefined;

  /** `cursor` is where the reads before ended, `interrupted` where one began that now goes on. */
  constructor(options: ReadingOptions, incremental: Incremental, cursor?: Cursor, interrupted?: Cursor) {
    this.#options = options;
    this.#incremental = incremental;
    this.#from = options.window?.from ?? incremental.initial;
    this.#to = options.window?.to;
    const field = incremental.cursor_field;
    if (interrupted) this.lower = restoreCursor(interrupted, field);
    else if (cursor) this.lower = this.#lowerFrom(restoreCursor(cursor, field));
    if (this.lower) this.#resolve(this.lower);
  }

  include(value: CursorValue): boolean {
    if (!this.#isResolved) this.#resolve(value);
    const field = this.#incremental.cursor_field;
    if (this.lower && compareCursors(value, this.lower, field) < 0) return false;
    return this.#upper === undefined || compareCursors(value, this.#upper, field) < 0;
  }

  /** What the source may leave out. */
  range(): Pick<CursorRange, 'from' | 'before' | 'kind'> {
    const [from, before] = this.lower ? [this.lower, this.#upper] : this.#unseen();
    // A source would compare numbers written as text as text, and leave out what is to be an error here.
    const texts = { from: from && isNumeral(from) ? undefined : from?.text, before: before?.text };
    const kind = from?.kind ?? before?.kind;
    if (texts.from === undefined && before === undefined) return {};
    return before === undefined || before.kind === kind ? { kind, ...texts } : {};
  }

  /** When the range begins and ends, for cutting it: milliseconds, undefined where it is no time. */
  span(): { readonly start?: number; readonly end?: number } {
    const [from, to] = this.#unseen();
    const known = this.lower ?? (from && restoreCursor(from, this.#incremental.cursor_field));
    const end = to && restoreCursor(to, this.#incremental.cursor_field);
    return {
      start: known && instantOfCursor(known),
      end: end === undefined ? Date.parse(this.#options.now) : instantOfCursor(end),
    };
  }

  #unseen(): readonly (ReturnType<typeof boundUnseen> | undefined)[] {
    return [this.#from, this.#to].map((text) => {
      return text === undefined ? undefined : boundUnseen(text, this.#context());
    });
  }

  /** `like` is a value of the field. */
  #resolve(like: CursorValue): void {
    this.#isResolved = true;
    this.lower ??= this.#from === undefined ? undefined : boundLike(this.#from, like, this.#context());
    this.#upper = this.#to === undefined ? undefined : boundLike(this.#to, like, this.#context());
  }

  #lowerFrom(cursor: CursorValue): CursorValue {
    const { cursor_field: field } = this.#incremental;
    const lowered = lowerBy(cursor, this.#lookback(cursor), field);
    if (this.#from === undefined) return lowered;
    const first = boundLike(this.#from, cursor, this.#context());
    // An offset moves on with the clock: it may not overtake the cursor after a long pause.
    const floor = isOffset(this.#from) && compareCursors(first, cursor, field) > 0 ? cursor : first;
    return compareCursors(lowered, floor, field) < 0 ? floor : lowered;
  }

  #lookback({ kind }: CursorValue): number {
    if (this.#options.exact || this.#options.window) return 0;
    return this.#incremental.lookback ?? (kind === 'timestamp' ? timestampLookback : 0);
  }

  #context() {
    return { field: this.#incremental.cursor_field, now: this.#options.now };
  }
}
