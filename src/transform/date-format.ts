/** How an instant is written in a request: Unicode date fields, in UTC. */

import { SyncError } from '../model/errors.ts';

const fields: { readonly [field: string]: (date: Date) => string } = {
  yyyy: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  MM: (date) => two(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  dd: (date) => two(date.getUTCDate()),
  d: (date) => String(date.getUTCDate()),
  HH: (date) => two(date.getUTCHours()),
  mm: (date) => two(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
};

/** A run of one letter is a field; text between single quotes is written as it is. */
const piece = /'([^']*)'|([A-Za-z])\2*/g;

/** Throws a SyncError `config/value` for letters that are no field. */
export function dateFormat(format: string): (instant: number) => string {
  for (const [found, quoted] of format.matchAll(piece)) {
    if (quoted !== undefined || Object.hasOwn(fields, found)) continue;
    throw new SyncError('config/value', `"${found}" is no field of a date format`, {
      hint: `The fields are ${Object.keys(fields).join(', ')}; other letters go between single quotes: yyyy-MM-dd'T'HH:mm:ss'Z'.`,
    });
  }
  return (instant) => {
    const date = new Date(instant);
    return format.replace(piece, (found, quoted?: string) => quoted ?? fields[found]?.(date) ?? found);
  };
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
