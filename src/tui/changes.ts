import type { FieldChange, RowChange, RowKey } from '../model/changes.ts';
import type { Cell } from '../model/types.ts';
import type { Look } from './look.ts';
import { printable, shortened } from './printable.ts';

const signs = { insert: '+', update: '~', delete: '-' } as const satisfies Record<RowChange['kind'], string>;

/** A change for people, a line for each field; of rows that are new only their key, unless `values` are wanted. */
export function changeLines({ kind, key, fields }: RowChange, look: Look, values: boolean): string[] {
  const head = `    ${signs[kind]} ${keyText(key)}`;
  const told = kind === 'update' || values ? fields : [];
  if (told.length === 0) return [head];
  const width = Math.max(...told.map(({ column }) => printable(column).length));
  return told.map((field, index) => {
    const begin = index === 0 ? head : ' '.repeat(head.length);
    const strategy = field.strategy === undefined ? '' : `  (${field.strategy})`;
    return `${begin}   ${printable(field.column).padEnd(width)}  ${valueText(field, look)}${strategy}`;
  });
}

/** `id=881`, `account="a", day=3` */
export function keyText(key: RowKey): string {
  if (key.length === 0) return '(a row without a key)';
  return key.map(([column, cell]) => `${printable(column)}=${cellText(cell)}`).join(', ');
}

export function cellText(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell);
  return shortened(JSON.stringify(cell), 60);
}

function valueText({ before, after }: FieldChange, { unicode }: Look): string {
  const texts = [before, after].filter((cell) => cell !== undefined).map(cellText);
  return texts.join(unicode ? ' → ' : ' -> ');
}
