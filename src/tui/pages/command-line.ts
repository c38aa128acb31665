/** A command line that can be pasted into a shell; what is undefined is left out. */
export function commandLine(...words: readonly (string | undefined)[]): string {
  return ['syncline', ...words.flatMap((word) => (word === undefined ? [] : quoted(word)))].join(' ');
}

function quoted(word: string): string {
  return /^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
