import { type PipelineStanding, type Standing, standings } from '../engine/standing.ts';
import { count, span } from '../tui/numbers.ts';
import { withState } from './open-state.ts';
import { columns, moment, printList, type Shell } from './shell.ts';

/** Shows how each pipeline of the config stands. */
export async function status(shell: Shell): Promise<void> {
  await withState(shell, async (state, config) => {
    await state.markInterrupted();
    const found = await standings(config, state, Date.now());
    printStandings(shell, found);
  });
}

/** Prints how pipelines stand. */
export function printStandings(shell: Shell, found: readonly PipelineStanding[]): void {
  printList(shell, found, () =>
    columns([
      ['PIPELINE', 'STATUS', 'LAST RUN', 'ENDED', 'AT', 'LAST SUCCESS', 'LAG', 'NEXT RUN', 'SKIPPED'],
      ...found.flatMap(lines),
    ]),
  );
}

function lines(standing: PipelineStanding): string[][] {
  const { pipeline, running, skipped, partitions = {} } = standing;
  const since = running && ` since ${moment(running.since)}`;
  const parts = Object.entries(partitions).map(([name, part]) => [`  ${name}`, ...cells(part)]);
  return [[pipeline, ...cells(standing, since), skipped === undefined ? '-' : count(skipped)], ...parts];
}

function cells({ status, lastRun, lastSuccess, lag, nextRun }: Standing, since = ''): string[] {
  return [
    `${status}${since}`,
    lastRun?.runId ?? '-',
    lastRun?.status ?? '-',
    moment(lastRun?.finishedAt),
    moment(lastSuccess?.finishedAt),
    lag === undefined ? '-' : span(lag * 1000),
    moment(nextRun),
  ];
}
