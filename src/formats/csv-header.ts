/**
 * The columns' names for a header's cells, each once, so that no column is lost: a blank cell is named by its place
 * (`_C3`), the second of two equal names gets a number that is free (`name_2`).
 */
export function headerNames(cells: readonly string[]): readonly string[] {
  const written = new Set(cells);
  const given = new Set<string>();
  return cells.map((cell, place) => {
    const name = cell.trim() === '' ? `_C${place + 1}` : cell;
    const isFree = !given.has(name) && (name === cell || !written.has(name));
    const unique = isFree
      ? name
      : numbered(name, (candidate) => !written.has(candidate) && !given.has(candidate));
    given.add(unique);
    return unique;
  });
}

function numbered(name: string, isFree: (candidate: string) => boolean): string {
  let number = 2;
  while (!isFree(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}
