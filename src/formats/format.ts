/** How records and rows are written in a file. */
export const formats = ['json', 'jsonl', 'csv', 'tsv'] as const;
export type Format = (typeof formats)[number];

const byExtension: ReadonlyMap<string, Format> = new Map([
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
]);

/** The format a file's name tells, whatever its case and a `.gz` behind; undefined when it tells none. */
export function formatOf(file: string): Format | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : byExtension.get(name.slice(dot));
}
