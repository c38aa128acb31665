/** Records of one kind behind a fake API: a test adds, changes and removes them, also while they are read. */
export class Collection<Item extends object> {
  readonly #items = new Map<string, Item>();
  readonly #keyOf: (item: Item) => string;
  readonly #touch: (item: Item) => Item;

  /** `touch` is what the API itself does to a record that changes, such as dating it. */
  constructor(keyOf: (item: Item) => string, touch: (item: Item) => Item = (item) => item) {
    this.#keyOf = keyOf;
    this.#touch = touch;
  }

  add(...items: readonly Item[]): void {
    for (const item of items) {
      const key = this.#keyOf(item);
      if (this.#items.has(key)) throw new Error(`there is a record ${key} already`);
      this.#items.set(key, item);
    }
  }

  /** A field set to `undefined` is no longer sent. */
  change(key: string, changes: Partial<Item>): void {
    const item = this.#items.get(key);
    if (item === undefined) throw new Error(`there is no record ${key}`);
    this.#items.set(key, this.#touch({ ...item, ...changes }));
  }

  remove(key: string): void {
    if (!this.#items.delete(key)) throw new Error(`there is no record ${key}`);
  }

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  /** In the order of their keys; numbers in keys of digits count as numbers. */
  all(): Item[] {
    const entries = [...this.#items].sort(([one], [other]) => compared(one, other));
    return entries.map(([, item]) => item);
  }

  /**
   * As many as fit behind a key, which may be gone by now; `last` is the key to go on behind, if more follow.
   * `backwards` goes from the last key to the first.
   */
  page(
    size: number,
    after: string | undefined,
    wanted: (item: Item) => boolean,
    backwards = false,
  ): Page<Item> {
    const all = backwards ? this.all().reverse() : this.all();
    const sign = backwards ? -1 : 1;
    const rest = all.filter(
      (item) => wanted(item) && (after === undefined || sign * compared(this.#keyOf(item), after) > 0),
    );
    const items = rest.slice(0, size);
    const end = items.at(-1);
    return { items, last: end !== undefined && rest.length > size ? this.#keyOf(end) : undefined };
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly last: string | undefined;
}

function compared(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
