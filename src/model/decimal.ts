/**
 * A number whose digits a double cannot hold, kept as its source wrote it (`1884518522.1684267241`, `1e400`).
 * Readers make one only where `Number(text)` would lose digits; other numbers stay numbers.
 */
export class Decimal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  /** JSON.stringify would quote the digits; `printJson` writes them as the number they are. */
  toJSON(): never {
    throw new TypeError('a Decimal is printed by printJson');
  }
}
