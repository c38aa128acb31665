import { selectPipelines } from '../engine/select.ts';
import {
  type CheckpointStatistics,
  type PipelineStatistics,
  type Statistics,
  statistics,
  type TargetStatistics,
} from '../engine/statistics.ts';
import { count } from '../tui/numbers.ts';
import { printable, shortened } from '../tui/printable.ts';
import { writeCrash } from './error.ts';
import { withState } from './open-state.ts';
import { columns, moment, printOne, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

/** Shows the rows in the targets, the runs there were, checkpoints and last errors; the exit code. */
export async function stats(shell: Shell, names: readonly string[]): Promise<number> {
  const stop = stopSignal();
  try {
    return await withState(shell, async (state, config) => {
      const pipelines = names.length > 0 ? selectPipelines(config, names, []) : undefined;
      await state.markInterrupted();
      const report_bug = (error: unknown) => writeCrash(error, shell.redact);
      const found = await statistics(config, state, { pipelines, signal: stop.signal, report_bug });
      printOne(shell, found, () => text(found));
      return 0;
    });
  } catch (error) {
    if (error !== stop.signal.reason || stop.code === undefined) throw error;
    return stop.code;
  } finally {
    stop.forget();
  }
}

function text({ targets, pipelines, runs }: Statistics): string {
  const told = Object.entries(runs).map(([status, number]) => `${count(number)} ${status}`);
  return [
    columns([
      ['PIPELINE', 'TARGET', 'ROWS', 'ACTIVE', 'DELETED'],
      ...targets.map((target) => [target.pipeline, `${target.sink}.${target.target}`, ...rowCells(target)]),
    ]),
    columns([
      ['PIPELINE', 'STATUS', 'LAST RUN', 'LAST SUCCESS', 'CHECKPOINT'],
      ...pipelines.flatMap(pipelineLines),
    ]),
    `runs: ${told.length === 0 ? 'none' : told.join(', ')}\n${pipelines.map(errorLine).join('')}`,
  ].join('\n');
}

function rowCells(target: TargetStatistics): string[] {
  if ('error' in target) return [shortened(`${target.error.message}  [${target.error.code}]`, 120)];
  if (target.total === undefined) return ['-', '-', '-'];
  return [target.total, target.active, target.deleted].map(count);
}

function pipelineLines({
  pipeline,
  status,
  lastRun,
  lastSuccess,
  checkpoint,
  partitions = {},
}: PipelineStatistics): string[][] {
  const times = [moment(lastRun?.finishedAt), moment(lastSuccess?.finishedAt)];
  const parts = Object.entries(partitions).map(([partition, one]) => [
    `  ${partition}`,
    '',
    '',
    '',
    held(one),
  ]);
  return [[pipeline, status, ...times, held(checkpoint)], ...parts];
}

function held(checkpoint: CheckpointStatistics): string {
  if ('error' in checkpoint) return 'not known';
  if (!checkpoint.held) return checkpoint.kind === 'none' ? 'each run reads all' : 'none yet';
  if (checkpoint.kind === 'sync_token') return 'a sync token';
  return checkpoint.cursor === undefined ? 'held' : shortened(checkpoint.cursor, 60);
}

function errorLine({ pipeline, lastError }: PipelineStatistics): string {
  if (lastError === undefined) return '';
  const { message, code, finishedAt, runId } = lastError;
  return printable(
    `${pipeline}: its last error, at ${moment(finishedAt)} in run ${runId}: ${message}  [${code}]\n`,
  );
}
