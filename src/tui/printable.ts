/**
 * What a terminal obeys: control characters but tab and line feed, with the C1 range, and those that turn the direction
 * of the text after them.
 */
const control = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text from data or errors, safe to print on a terminal: such characters become visible escapes. */
export function printable(text: string): string {
  return text.replace(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text in one line of at most `most` characters. */
export function shortened(text: string, most: number): string {
  const line = printable(text).replace(/\s+/g, ' ');
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
