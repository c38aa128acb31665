import type { PipelineConfig } from './config.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { unknownName } from './references.ts';

type After = PipelineConfig['after'];

/** `after` spelled out; a pipeline that is not there is told, and left out. */
export function resolveAfter(
  value: unknown,
  known: ReadonlyMap<string, unknown>,
  path: ConfigPath,
  findings: Findings,
): After {
  const long = isFields(value) ? value : { pipelines: value };
  const names = isFields(value) ? [...path, 'pipelines'] : path;
  const listed = [long.pipelines ?? []].flat();
  const pipelines = listed.flatMap((name, index) => {
    if (typeof name !== 'string') return [];
    if (known.has(name)) return [name];
    const place = Array.isArray(long.pipelines) ? [...names, index] : names;
    unknownName(findings, place, 'pipeline', name, known);
    return [];
  });
  return { pipelines, if_upstream_fails: long.if_upstream_fails === 'run' ? 'run' : 'skip' };
}

/** Refuses pipelines that wait for one another, each ring once. */
export function checkCycles(
  pipelines: ReadonlyMap<string, Pick<PipelineConfig, 'after'>>,
  findings: Findings,
): void {
  const done = new Set<string>();
  const visit = (name: string, waiting: readonly string[]): void => {
    const start = waiting.indexOf(name);
    if (start !== -1) tellCycle([...waiting.slice(start), name], findings);
    if (start !== -1 || done.has(name)) return;
    for (const earlier of pipelines.get(name)?.after.pipelines ?? []) visit(earlier, [...waiting, name]);
    done.add(name);
  };
  for (const name of pipelines.keys()) visit(name, []);
}

function tellCycle(ring: readonly string[], findings: Findings): void {
  const [first = ''] = ring;
  const message =
    ring.length === 2
      ? `"${first}" would come after itself`
      : `these pipelines wait for one another: ${ring.join(' → ')}`;
  const help = 'Take one of them out of `after`: the first of them must be able to start.';
  findings.error({ path: ['pipelines', first, 'after'], code: 'config/cycle', message, help });
}
