import type { PipelineConfig } from './config.ts';
import type { Findings } from './findings.ts';

/** Refuses pipelines that cannot share the target they both write to. */
export function checkTargets(pipelines: ReadonlyMap<string, PipelineConfig>, findings: Findings): void {
  const byTarget = new Map<string, PipelineConfig[]>();
  const written = [...pipelines.values()].flatMap((pipeline) =>
    pipeline.targets.map((target) => ({ ...pipeline, ...target })),
  );
  for (const pipeline of written) {
    const target = `${pipeline.sink.name}.${pipeline.target}`;
    const earlier = byTarget.get(target) ?? [];
    for (const other of earlier) comparePair(other, pipeline, target, findings);
    byTarget.set(target, [...earlier, pipeline]);
  }
}

function comparePair(
  first: PipelineConfig,
  second: PipelineConfig,
  target: string,
  findings: Findings,
): void {
  const alone = [first, second].find(
    ({ mode, stream }) => mode === 'replace' || mode === 'mirror' || stream.tokens,
  );
  if (alone !== undefined) {
    const does =
      alone.mode === 'replace'
        ? 'replaces all that is there'
        : `deletes what its source does not have${alone.mode === 'mirror' ? '' : ' once its sync token has expired'}`;
    const message = `"${first.name}" and "${second.name}" both write ${target}, and "${alone.name}" ${does}`;
    const help = 'Give one of them a target of its own, or let both upsert.';
    findings.error({ path: ['pipelines', second.name, 'to'], code: 'config/target', message, help });
    return;
  }
  const types = new Map((first.fields ?? []).map(({ column, type }) => [column, type]));
  for (const { column, type } of second.fields ?? []) {
    const other = types.get(column);
    if (type === undefined || other === undefined || type === other) continue;
    const message = `${target} has the column "${column}" as ${other} in the pipeline "${first.name}", and here as ${type}`;
    const path = ['pipelines', second.name, 'map', column, 'type'];
    findings.error({ path, code: 'config/target', message, help: 'Declare the same type in both.' });
  }
}
