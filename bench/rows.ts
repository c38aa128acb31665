import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** The columns of the test data: seven, of the kinds that real exports have. */
export const header = ['id', 'email', 'name', 'amount', 'active', 'updated_at', 'note'] as const;

export type BenchRow = readonly [number, string, string, number, boolean, string, string];

/** The n-th row, always the same; with another `edition` every row differs in its amount. */
export function benchRow(n: number, edition: number): BenchRow {
  const day = String((n % 28) + 1).padStart(2, '0');
  const amount = ((n * 7919 + edition) % 1_000_000) / 100;
  return [
    n,
    `user${n}@example.com`,
    `Name ${n % 9973}`,
    amount,
    n % 3 === 0,
    `2026-01-${day}T08:30:00Z`,
    `note ${n % 101} of a customer`,
  ];
}

/** `copy`: as COPY writes text, stamps included. */
type BenchFormat = 'csv' | 'jsonl' | 'copy';

/** Writes `rows` rows of the format. */
export async function writeBenchFile(
  file: string,
  format: BenchFormat,
  rows: number,
  edition: number,
): Promise<void> {
  const stream = createWriteStream(file);
  if (format === 'csv') stream.write(`${header.join(',')}\n`);
  for (let from = 0; from < rows; from += 10_000) {
    const lines: string[] = [];
    for (let n = from; n < Math.min(from + 10_000, rows); n++) lines.push(line(benchRow(n, edition), format));
    if (!stream.write(lines.join(''))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

function line(row: BenchRow, format: BenchFormat): string {
  if (format === 'csv') return `${row.join(',')}\n`;
  if (format === 'copy')
    return `${[...row, '01JD0000000000000000000000', '2026-01-01T00:00:00.000Z'].join('\t')}\n`;
  const [id, email, name, amount, active, updated_at, note] = row;
  return `${JSON.stringify({ id, email, name, amount, active, updated_at, note })}\n`;
}
