import type { Mapping } from '../transform/mapping.ts';
import type { PipelineRun } from './run.ts';

/** What a value that asks for a wider column meets. A frozen schema stays as it is, whatever the run may do. */
export function wideningOf({
  pipeline,
  accept_schema,
}: Pick<PipelineRun, 'pipeline' | 'accept_schema'>): Mapping['widening'] {
  const { sink, schema_contract } = pipeline;
  if (schema_contract === 'freeze' || !sink.plugin.capabilities.includes('widen')) return undefined;
  return accept_schema ? 'accept' : 'offer';
}
