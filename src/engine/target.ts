import type { Config, PipelineConfig } from '../config/config.ts';
import type { Column, Strategy, Target } from '../model/types.ts';

/** The strategy that merges a column of this pipeline. */
export function strategyOf(pipeline: PipelineConfig, column: string): Strategy {
  return pipeline.merge.fields.get(column) ?? pipeline.merge.others;
}

/**
 * A maker of targets for one pipeline and run. The memory of edits belongs to the target, so a column is tracked as
 * soon as a pipeline of the config keeps edits in it.
 */
export function targetMaker(
  config: Config,
  pipeline: PipelineConfig,
  checkpointName: string,
  run: Target['run'],
): (columns: readonly Column[]) => Target {
  const all = [...config.pipelines.values()].flatMap((one) =>
    one.targets.map((target) => ({ ...one, ...target })),
  );
  const sharing = all.filter(
    (other) => other.sink.name === pipeline.sink.name && other.target === pipeline.target,
  );
  const tracked = (column: string) =>
    sharing.some(
      (other) => !other.primary_key.includes(column) && strategyOf(other, column).type === 'keep_edits',
    );
  const mark = pipeline.deletes?.mode === 'soft' ? pipeline.deletes.column : undefined;
  return (columns) => {
    const place = (name: string) => columns.findIndex((column) => column.name === name);
    return {
      pipeline: checkpointName,
      name: pipeline.target,
      mode: pipeline.mode,
      columns: columns.map((column) => ({
        ...column,
        strategy: strategyOf(pipeline, column.name),
        tracked: column.name !== mark && tracked(column.name),
      })),
      primary_key: pipeline.primary_key.map(place),
      within: pipeline.within?.map(place),
      deleted_at: mark === undefined ? undefined : place(mark),
      stamps: pipeline.columns,
      run,
    };
  };
}
