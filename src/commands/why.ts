import { type Origin, type Origins, originsOf } from '../engine/why.ts';
import { cellText } from '../tui/changes.ts';
import { printable } from '../tui/printable.ts';
import { columns, moment, openConfig, printList, type Shell } from './shell.ts';

/** Tells of a row, or of one field of it, which run gave it its value. */
export async function why(shell: Shell, name: string, key: string, field: string | undefined): Promise<void> {
  const origins = await originsOf(await openConfig(shell), name, key, field);
  printList(shell, origins.fields, () => text(origins));
}

function text({ fields, lastRun }: Origins): string {
  const last = lastRun === undefined ? '' : `; the row was last written by run ${lastRun}`;
  return columns([
    ['FIELD', 'VALUE', 'WHY'],
    ...fields.map((origin) => [
      printable(origin.field),
      cellText(origin.value),
      printable(origin.run === undefined ? `the journal does not go back that far${last}` : sentence(origin)),
    ]),
  ]);
}

function sentence({ run, at, pipeline, source, strategy, before, edited }: Origin): string {
  const by = `${pipeline}${source === undefined ? '' : ` from ${source}`}, run ${run}, ${moment(at)}`;
  if (strategy === undefined) return `with the new row: ${by}`;
  const was = `${strategy}: ${by}; before: ${cellText(before ?? null)}`;
  return edited ? `changed since by somebody else; last ${was}` : was;
}
