import { SyncError } from '../model/errors.ts';
import { parseJson } from '../model/json.ts';
import { plural } from '../model/plural.ts';
import type { RejectFilter } from '../state/state.ts';
import { count } from '../tui/numbers.ts';
import { printable, shortened } from '../tui/printable.ts';
import { withState } from './open-state.ts';
import { columns, printList, printOne, type Shell } from './shell.ts';

/** Lists how many rows each pipeline and run rejected. */
export async function listRejects(shell: Shell, name: string | undefined): Promise<void> {
  await withState(shell, async (state, { pipelines }) => {
    const found = await state.rejectSummaries(name === undefined ? {} : filterOf(name, pipelines));
    printList(shell, found, () =>
      found.length === 0
        ? 'no rows are rejected\n'
        : columns([
            ['RUN', 'PIPELINE', 'REJECTED', 'SUPERSEDED', 'MOST OFTEN'],
            ...found.map((one) => [
              one.run,
              one.pipeline,
              count(one.rejected),
              count(one.superseded),
              `${one.code}: ${shortened(one.example, 80)}`,
            ]),
          ]),
    );
  });
}

/** Shows rejected rows with their reasons: of a run, of a pipeline's latest run that has some, or of the latest run. */
export async function showRejects(shell: Shell, name: string | undefined, limit: number): Promise<void> {
  await withState(shell, async (state, { pipelines }) => {
    const filter = name === undefined ? {} : filterOf(name, pipelines);
    const [latest] = await state.rejectSummaries(filter);
    const run = filter.run ?? latest?.run;
    const found = latest === undefined ? [] : await state.rejects({ ...filter, run }, limit);
    const items = found.map(({ record, ...reject }) => ({
      ...reject,
      record: shell.output === 'table' ? record : parseJson(record),
    }));
    printList(shell, items, () =>
      found.length === 0
        ? `no rows are rejected${name === undefined ? '' : ` in ${name}`}\n`
        : found
            .map((one) => {
              const reason = `${one.field === undefined ? '' : `${printable(one.field)}: `}${printable(one.reason)}`;
              const superseded =
                one.superseded_by === undefined ? '' : `  superseded by run ${one.superseded_by}`;
              return `${one.pipeline}  ${reason}  [${one.code}]${superseded}\n    ${shortened(one.record, 400)}\n`;
            })
            .join(''),
    );
  });
}

/** Forgets rejected rows: of a run, of a pipeline, or all of them. */
export async function dropRejects(shell: Shell, name: string | undefined, all: boolean): Promise<void> {
  if ((name === undefined) !== all)
    throw new SyncError('usage/invalid', 'rejects drop needs either a run or pipeline, or --all', {
      hint: 'Those there are: syncline rejects list',
    });
  await withState(shell, async (state, { pipelines }) => {
    const dropped = await state.dropRejects(name === undefined ? {} : filterOf(name, pipelines));
    printOne(shell, { dropped }, () => `${plural(dropped, 'rejected row')} dropped\n`);
  });
}

export function filterOf(name: string, pipelines: ReadonlyMap<string, unknown>): RejectFilter {
  if (pipelines.has(name)) return { pipeline: name };
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(name)) return { run: name };
  throw new SyncError('usage/unknown_pipeline', `"${name}" is neither a run nor a pipeline of this config`, {
    hint: `The pipelines are: ${[...pipelines.keys()].join(', ')}. Runs with rejects: syncline rejects list`,
  });
}
