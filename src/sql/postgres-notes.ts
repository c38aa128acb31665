/**
 * What was read of the catalogue for one table. It holds for as long as the table's mark stays the same: a text that
 * is another one after every change of what was read.
 */
export class TableNotes {
  /** The last lookup found nothing, so that the next rows may be as new. */
  newRows = false;
  #mark: string | undefined;
  readonly #read = new Map<string, unknown>();

  /** Begins a transaction; undefined: there is no such table, or one whose changes no mark tells. */
  begin(mark: string | undefined): void {
    if (mark !== this.#mark) {
      this.#read.clear();
      this.newRows = false;
    }
    this.#mark = mark;
  }

  /** After a change of the catalogue in the same transaction, or one whose outcome is not known. */
  forget(): void {
    this.begin(undefined);
  }

  async of<Result>(what: string, read: () => Promise<Result>): Promise<Result> {
    if (this.#read.has(what)) return this.#read.get(what) as Result;
    const result = await read();
    if (this.#mark !== undefined) this.#read.set(what, result);
    return result;
  }
}
