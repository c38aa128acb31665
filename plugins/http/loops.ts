import { printJson, SyncError } from 'syncline';
import { fingerprint, type Step } from './position.ts';

/** Tells when a walk comes to where it was: by a step it took before, or the same records twice in a row. */
export class Loops {
  readonly #place: string;
  readonly #steps = new Set<string>();
  #records: string | undefined;

  /** `place` is what errors call the stream's address; `first` the step the walk begins with. */
  constructor(place: string, first: Step) {
    this.#place = place;
    this.#steps.add(keyOf(first));
  }

  /** `records` is the fingerprint of a page that has some. */
  meet(records: string): void {
    if (records === this.#records)
      throw this.#error('gave the same records on two pages, one after the other', unknownParam);
    this.#records = records;
  }

  follow(step: Step): void {
    const key = keyOf(step);
    if (this.#steps.has(key)) throw this.#error(`led back to ${name(step)}, where it was already`, noEnd);
    this.#steps.add(key);
  }

  #error(what: string, hint: string): SyncError {
    return new SyncError('source/pagination_loop', `${this.#place} ${what}`, { hint });
  }
}

/** What a step is known by: itself, or its fingerprint where it is long. */
function keyOf(step: Step): string {
  const text = printJson(step);
  return text.length > longest ? fingerprint(step) : text;
}

const longest = 100;

function name({ url, value }: Step): string {
  const text = url === undefined ? JSON.stringify(value) : url.replace(/\?.*/s, '?…');
  return `the page ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

const unknownParam = 'Does the API know the parameter that asks for the next page? Check `pagination`.';
const noEnd = 'If the API always names a next page, say with `stop_when` what tells the last one.';
