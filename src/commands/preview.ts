import { type Preview, type Previewed, preview as previewPipeline } from '../engine/preview.ts';
import { pipelineNamed } from '../engine/select.ts';
import { toCallCounts } from '../engine/tally.ts';
import { showJson } from '../model/json.ts';
import { plural } from '../model/plural.ts';
import type { Redact } from '../model/redact.ts';
import type { Cell, Column } from '../model/types.ts';
import { count } from '../tui/numbers.ts';
import { printable, shortened } from '../tui/printable.ts';
import { callsText } from '../tui/summary.ts';
import { tellWarnings } from './diagnostics.ts';
import { tellNotices } from './notices.ts';
import { columns, openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

/** Shows the first records of a pipeline beside the rows they become. Writes nothing. */
export async function preview(shell: Shell, name: string, limit: number): Promise<void> {
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const pipeline = pipelineNamed(config, name);
  const stop = stopSignal();
  const watch = { emit: tellNotices(shell), signal: stop.signal };
  const seen = await previewPipeline(config, pipeline, limit, watch).finally(stop.forget);
  if (shell.output !== 'table') return shell.print(documents(seen, shell.output, shell.redact));
  for (const batch of seen.batches) shell.print(askedText(batch));
  for (const [index, record] of seen.records.entries()) shell.print(text(index + 1, record, seen.columns));
  const rejected = seen.records.reduce((sum, record) => sum + record.rejects.length, 0);
  const rows = seen.records.reduce((sum, record) => sum + record.rows.length, 0);
  shell.print(
    `${plural(seen.records.length, 'record')}: ${plural(rows, 'row')}, ${count(rejected)} rejected. Nothing was written.\n`,
  );
}

/** What was asked, and what came back; nothing where the source tells neither. */
function askedText({ read, detail, calls, stopped }: Preview['batches'][number]): string {
  if (detail === undefined && calls === undefined) return '';
  const told = calls && callsText(toCallCounts(calls), stopped);
  const facts = [plural(read, 'record'), ...(told === undefined ? [] : [told])];
  return `read ${detail === undefined ? '' : `${printable(detail)}: `}${printable(facts.join(', '))}\n`;
}

function text(
  number: number,
  { record, rows, rejects, skipped, deleted }: Previewed,
  known: readonly Column[],
): string {
  const types = new Map(known.map((column) => [column.name, column.type]));
  const shown = rows.map((row) =>
    columns([...row].map(([name, cell]) => ['   ', printable(name), types.get(name) ?? '', cellText(cell)])),
  );
  const refused = rejects.map(
    ({ field, reason }) =>
      `    rejected: ${field === undefined ? '' : `${printable(field)}: `}${printable(reason)}\n`,
  );
  const left = skipped > 0 ? [`    ${count(skipped)} skipped\n`] : [];
  if (deleted) left.unshift('    deleted at the source\n');
  return `record ${number}  ${shortened(showJson(record), 200)}\n${[...shown, ...refused, ...left].join('')}\n`;
}

function cellText(cell: Cell): string {
  return typeof cell === 'string' ? shortened(JSON.stringify(cell), 100) : String(cell);
}

/** A record a line; in one document they come with what was asked for them. */
function documents({ batches, records }: Preview, output: 'json' | 'ndjson', redact: Redact): string {
  const lines = records.map(({ record, rows, rejects, skipped, deleted }) =>
    showJson(
      {
        record,
        rows: rows.map((row) => Object.fromEntries(row)),
        rejects: rejects.map(({ field = null, code, reason }) => ({ field, code, reason })),
        skipped,
        deleted,
      },
      redact,
    ),
  );
  if (output === 'ndjson') return lines.map((line) => `${line}\n`).join('');
  const read = batches.map(({ calls, ...batch }) =>
    showJson({ ...batch, calls: calls && toCallCounts(calls) }, redact),
  );
  return `{"batches":[${read.join(',\n')}],\n"records":[${lines.join(',\n')}]}\n`;
}
