import type { SheetValue } from './spreadsheet.ts';

/** A sheet cut at its header: the first row that is not blank. */
export interface Headed {
  readonly header: readonly SheetValue[];
  /** The place of the header among all rows. */
  readonly at: number;
}

/** Undefined where a sheet has no row that is not blank. */
export function headOf(rows: readonly (readonly SheetValue[])[]): Headed | undefined {
  const at = rows.findIndex((row) => !isBlank(row));
  const header = rows[at];
  return header && { header, at };
}

export function isBlank(row: readonly SheetValue[]): boolean {
  return row.every((value) => String(value).trim() === '');
}

/** The name of a column as it is written in the header. */
export function written(value: SheetValue | undefined): string {
  return String(value ?? '').trim();
}

/**
 * A name for each column: as its header says, `_C3` for the third where that is blank, `Name_2` where another column
 * before it has the name.
 */
export function columnNames(header: readonly SheetValue[], width: number): readonly string[] {
  const texts = Array.from({ length: width }, (_, place) => written(header[place]));
  const taken = new Set(texts);
  const given = new Set<string>();
  return texts.map((text, place) => {
    const name = text === '' || given.has(text) ? freeName(text, place, taken) : text;
    taken.add(name);
    given.add(name);
    return name;
  });
}

function freeName(text: string, place: number, taken: ReadonlySet<string>): string {
  const name = text === '' ? `_C${place + 1}` : `${text}_2`;
  for (let next = name, count = 3; ; count++) {
    if (!taken.has(next)) return next;
    next = text === '' ? `${name}_${count - 1}` : `${text}_${count}`;
  }
}
