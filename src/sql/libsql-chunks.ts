/** What SQLite can take in one statement and one table. */
export const limits = { parameters: 32_766, columns: 2_000 } as const;

/** Sizes of statements, largest first: few of them, so that every one is prepared once. 100 rows is the fastest. */
const sizes = [100, 10, 1];

/** Cuts items into chunks of a few fixed sizes, so that one statement takes a chunk of so many values per item. */
export function* inChunks<Item>(
  items: readonly Item[],
  width: number,
  fixed = 1,
): Generator<readonly Item[]> {
  let at = 0;
  for (const size of sizes) {
    if (size > 1 && size * width + fixed > limits.parameters) continue;
    for (; at + size <= items.length; at += size) yield items.slice(at, at + size);
  }
}

/** `(?,?),(?,?)`: places for so many rows of so many values. */
export function placeholders(rows: number, width: number): string {
  const row = `(${Array(width).fill('?').join()})`;
  return Array(rows).fill(row).join();
}
