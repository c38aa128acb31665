const grouped = new Intl.NumberFormat('en-US');

/** `9,021` */
export function count(number: number): string {
  return grouped.format(number);
}

/** `1 row`, `9,021 rows` */
export function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}
