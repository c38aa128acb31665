import type { PipelineStatus } from '../state/state.ts';
import { withState } from './open-state.ts';
import { columns, moment, printList, type Shell } from './shell.ts';

/** Shows how each pipeline of the config stands. */
export async function status(shell: Shell): Promise<void> {
  await withState(shell, async (state, config) => {
    await state.markInterrupted();
    const known = new Map((await state.status()).map((one) => [one.pipeline, one]));
    const found = [...config.pipelines.keys()].map(
      (pipeline): PipelineStatus => known.get(pipeline) ?? { pipeline, status: 'never_run' },
    );
    printList(shell, found, () =>
      columns([['PIPELINE', 'STATUS', 'LAST RUN', 'ENDED', 'AT', 'LAST SUCCESS'], ...found.flatMap(lines)]),
    );
  });
}

function lines({
  pipeline,
  status,
  running,
  lastRun,
  lastSuccess,
  partitions = {},
}: PipelineStatus): string[][] {
  const whole = [
    pipeline,
    running === undefined ? status : `${status} since ${moment(running.since)}`,
    lastRun?.runId ?? '-',
    lastRun?.status ?? '-',
    moment(lastRun?.finishedAt),
    moment(lastSuccess?.finishedAt),
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
