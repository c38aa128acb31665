import { count, plural } from '../../model/plural.ts';
import type { PipelineResult, RunResult } from '../../model/result.ts';
import type { Page, PageKey, Place, Row, Sheet } from '../page.ts';
import { printable } from '../printable.ts';
import type { Planned, World } from '../world.ts';
import { type AboutRow, changeColumns, changeRow, whyKey } from './change-rows.ts';
import { commandLine } from './command-line.ts';

type At = Extract<Place, { page: 'plan' }>;

/** All goes where its pipeline says. */
const columns = changeColumns.filter(({ name }) => name !== 'to');

/** What was planned last in a world, and where; until it is run. */
const last = new WeakMap<World, { readonly at: At; readonly planned: Planned }>();

/** What a run would change, row by row, to be run exactly so. */
export const planPage: Page<At, AboutRow> = {
  command: ({ pipelines }) => commandLine('plan', ...pipelines, '--diff'),
  load,
  keys: (world, at, row) => [runKey(world, at), whyKey(world, row)],
};

async function* load(world: World, at: At, signal: AbortSignal): AsyncGenerator<Sheet<AboutRow>> {
  last.delete(world);
  yield sheet('Planning', [], 'What is new is read, and compared with what is there. Nothing is written.');
  const planned = await world.plan(at.pipelines, signal);
  last.set(world, { at, planned });
  yield sheet(titleOf(planned), rowsOf(planned), 'There is no pipeline to plan.');
}

function runKey(world: World, at: At): PageKey {
  const key = { key: 'r', word: 'run', does: 'do exactly this (asks where rows would be deleted)' };
  const made = last.get(world);
  if (made?.at !== at) return { ...key, disabled: 'there is no plan yet, or it was run' };
  const { planned } = made;
  if (planned.unsaved !== undefined) return { ...key, disabled: planned.unsaved };
  const deleted = total(planned.result, 'deleted');
  return {
    ...key,
    act: {
      type: 'do',
      ...(deleted > 0 && { ask: `Run it: ${plural(deleted, 'row')} will be deleted?` }),
      work: async (world) => {
        last.delete(world);
        return { to: { page: 'run', run: await world.startPlan() } };
      },
    },
  };
}

function titleOf({ result, changes, whole }: Planned): string {
  const [created, updated, deleted] = (['inserted', 'updated', 'deleted'] as const).map((name) =>
    count(total(result, name)),
  );
  const part = whole ? '' : `; the first ${count(changes.length)} of them`;
  return `Plan: ${created} to create, ${updated} to update, ${deleted} to delete${part}`;
}

function total({ pipelines }: RunResult, name: 'inserted' | 'updated' | 'deleted'): number {
  return Object.values(pipelines).reduce((sum, result) => sum + result[name], 0);
}

/** Each pipeline, and below it the rows it would change. */
function rowsOf({ result, changes, notes = [] }: Planned): Row<AboutRow>[] {
  const general = notes.filter(({ pipeline }) => pipeline === undefined);
  const parts = Object.entries(result.pipelines).flatMap(([name, ended]) => {
    const own = notes.filter(({ pipeline }) => pipeline === name).map(({ text }) => text);
    const rows = changes.flatMap(({ pipeline, change }, place) =>
      pipeline === name ? [changeRow({ pipeline, change }, place)] : [],
    );
    return [pipelineRow(name, ended, own), ...rows];
  });
  return [...general.map(noteRow), ...parts];
}

function noteRow({ text }: { readonly text: string }, place: number): Row<AboutRow> {
  const line = printable(text);
  return { id: `note ${place}`, cells: ['! note', '', line, ''], tone: 'warn', lines: [{ text: line }] };
}

function pipelineRow(name: string, result: PipelineResult, notes: readonly string[]): Row<AboutRow> {
  const { error, status, reason } = result;
  const isWell = status === 'succeeded' || status === 'skipped';
  const told = error?.message ?? reason ?? countsOf(result);
  const lines = [
    ...(error ? [{ text: `${printable(error.message)}  [${error.code}]`, tone: 'bad' as const }] : []),
    ...(error?.hint === undefined ? [] : [{ text: printable(error.hint) }]),
    ...notes.map((note) => ({ text: printable(note) })),
    { text: countsOf(result) },
  ];
  return {
    id: `pipeline ${name}`,
    cells: [isWell ? (reason ? status : 'pipeline') : `! ${status}`, printable(name), printable(told), ''],
    tone: error ? 'bad' : isWell ? 'dim' : 'warn',
    lines,
  };
}

/** `+ 12  ~ 31  - 0  = 4,182  ! 1` */
function countsOf({
  inserted,
  updated,
  deleted,
  unchanged,
  rejected,
  skipped,
  kept,
}: PipelineResult): string {
  const signs = { '+': inserted, '~': updated, '-': deleted, '=': unchanged };
  const counts = Object.entries(signs).map(([sign, number]) => `${sign} ${count(number)}`);
  if (rejected > 0) counts.push(`! ${count(rejected)}`);
  if (skipped > 0) counts.push(`${count(skipped)} skipped`);
  if (kept > 0) counts.push(`${plural(kept, 'field')} kept as edited by hand`);
  return counts.join('  ');
}

function sheet(title: string, rows: readonly Row<AboutRow>[], empty: string): Sheet<AboutRow> {
  return { title, columns, rows, empty };
}
