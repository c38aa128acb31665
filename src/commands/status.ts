import { type PipelineStanding, standings } from '../engine/standing.ts';
import { count } from '../tui/numbers.ts';
import { withState } from './open-state.ts';
import { columns, moment, printList, type Shell } from './shell.ts';

/** Shows how each pipeline of the config stands. */
export async function status(shell: Shell): Promise<void> {
  await withState(shell, async (state, config) => {
    await state.markInterrupted();
    const found = await standings(config, state, Date.now());
    printList(shell, found, () =>
      columns([
        ['PIPELINE', 'STATUS', 'LAST RUN', 'ENDED', 'AT', 'LAST SUCCESS', 'NEXT RUN', 'SKIPPED'],
        ...found.flatMap(lines),
      ]),
    );
  });
}

function lines({
  pipeline,
  status,
  running,
  lastRun,
  lastSuccess,
  nextRun,
  skipped,
  partitions = {},
}: PipelineStanding): string[][] {
  const whole = [
    pipeline,
    running === undefined ? status : `${status} since ${moment(running.since)}`,
    lastRun?.runId ?? '-',
    lastRun?.status ?? '-',
    moment(lastRun?.finishedAt),
    moment(lastSuccess?.finishedAt),
    moment(nextRun),
    skipped === undefined ? '-' : count(skipped),
  ];
  const parts = Object.entries(partitions).map(([partition, { runId, status, finishedAt }]) => [
    `  ${partition}`,
    '',
    runId,
    status,
    moment(finishedAt),
  ]);
  return [whole, ...parts];
}
