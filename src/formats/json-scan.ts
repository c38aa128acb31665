import type { SyncError } from '../model/errors.ts';
import { longestRecord, tooLong } from './batch.ts';
import { lineEnds, malformed } from './record.ts';

const code = {
  quote: 0x22,
  comma: 0x2c,
  open: 0x5b,
  backslash: 0x5c,
  close: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
};

const correctIt = 'Have the file written again, or correct it.';

/** The text of one element of an array, and the line it begins in. */
export interface Element {
  readonly text: string;
  readonly line: number;
}

/**
 * Walks the text of a JSON document without parsing it. Its outermost arrays are numbered in their order; everything
 * around them is kept as the `skeleton`, in which each array holds nothing but its number. So the document's form can
 * be judged, and the elements of one array be had one by one, however long the document is.
 */
export class JsonScan {
  /** Valid JSON exactly when the document is, but for what is inside its arrays. */
  skeleton = '';
  readonly #file: string;
  readonly #wanted: number | undefined;
  #elements: Element[] = [];
  #arrays = 0;
  #depth = 0;
  /** How deep the array lies that is being walked; undefined outside arrays. */
  #base: number | undefined;
  #inString = false;
  /** The beginning of an element, from chunks before. */
  #begun = '';
  #elementLine = 1;
  #ended = 0;
  /** The lines that end before `#counted` in the chunk at hand, and in all before it. */
  #lines = 0;
  #counted = 0;
  /** Backslashes at the end of a chunk wait for what they escape. */
  #slashes = '';

  /** `wanted` is the number of the array whose elements are to be had. */
  constructor(file: string, wanted?: number) {
    this.#file = file;
    this.#wanted = wanted;
  }

  /** Takes the next piece of the document. */
  push(chunk: string): void {
    const all = this.#slashes + chunk;
    let end = all.length;
    while (all.charCodeAt(end - 1) === code.backslash) end -= 1;
    this.#slashes = all.slice(end);
    this.#walk(all.slice(0, end));
  }

  /** The elements that are complete, each once. */
  take(): readonly Element[] {
    const elements = this.#elements;
    this.#elements = [];
    return elements;
  }

  /** False while something is open: a document that ends here was cut off. */
  get isWhole(): boolean {
    return this.#depth === 0 && !this.#inString && this.#slashes === '';
  }

  get #isWanted(): boolean {
    return this.#base !== undefined && this.#wanted === this.#arrays - 1;
  }

  #walk(text: string): void {
    this.#counted = 0;
    /** Where the text begins that nobody has taken yet. */
    let from = 0;
    for (let at = 0; at < text.length; ) {
      if (this.#inString) {
        at = this.#pastString(text, at);
        continue;
      }
      switch (text.charCodeAt(at)) {
        case code.quote:
          this.#inString = true;
          break;
        case code.openBrace:
          this.#depth += 1;
          break;
        case code.open:
          if (this.#base === undefined) from = this.#openArray(text, from, at);
          this.#depth += 1;
          break;
        case code.comma:
          if (this.#base !== undefined && this.#depth === this.#base + 1)
            from = this.#endElement(text, from, at);
          break;
        case code.close:
        case code.closeBrace:
          this.#depth -= 1;
          if (this.#depth < 0) throw this.#unopened(text, at);
          if (this.#depth === this.#base) from = this.#closeArray(text, from, at);
      }
      at += 1;
    }
    this.#keep(text, from);
    this.#countLines(text, text.length);
  }

  /** Past the end of the string, or of the text when the string goes on. */
  #pastString(text: string, at: number): number {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === code.backslash) slashes += 1;
    this.#inString = slashes % 2 === 1;
    return quote + 1;
  }

  #openArray(text: string, from: number, at: number): number {
    this.skeleton += `${text.slice(from, at)}[${this.#arrays}`;
    this.#arrays += 1;
    this.#base = this.#depth;
    this.#countLines(text, at);
    this.#elementLine = this.#lines + 1;
    return at + 1;
  }

  #endElement(text: string, from: number, at: number): number {
    if (this.#isWanted) {
      this.#elements.push({ text: this.#begun + text.slice(from, at), line: this.#elementLine });
      this.#ended += 1;
      this.#begun = '';
      this.#countLines(text, at);
      this.#elementLine = this.#lines + 1;
    }
    return at + 1;
  }

  #closeArray(text: string, from: number, at: number): number {
    if (text.charCodeAt(at) !== code.close) throw this.#unopened(text, at);
    const isEmpty = this.#ended === 0 && (this.#begun + text.slice(from, at)).trim() === '';
    if (!isEmpty) this.#endElement(text, from, at);
    this.#base = undefined;
    return at;
  }

  #unopened(text: string, at: number): SyncError {
    this.#countLines(text, at);
    return malformed(
      this.#file,
      this.#lines + 1,
      `has a "${text.charAt(at)}" that closes nothing`,
      correctIt,
    );
  }

  /** Keeps what is left of a chunk: the beginning of an element, or a piece of the skeleton. */
  #keep(text: string, from: number): void {
    if (this.#isWanted) {
      this.#begun += text.slice(from);
    } else if (this.#base === undefined) {
      this.skeleton += text.slice(from);
    }
    const hint = 'A file with one object per line is `format: jsonl`.';
    if (this.#begun.length > longestRecord)
      throw tooLong(this.#file, `the record in line ${this.#elementLine}`, hint);
    if (this.skeleton.length > longestRecord) throw tooLong(this.#file, 'the part outside arrays', hint);
  }

  #countLines(text: string, at: number): void {
    this.#lines += lineEnds(text.slice(this.#counted, at));
    this.#counted = at;
  }
}
