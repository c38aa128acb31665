import type { Partition } from '../model/types.ts';
import { fillPlaceholders, placeholdersIn } from '../plugin/placeholders.ts';
import { parsePath } from '../transform/path.ts';
import type { PipelineConfig, StreamConfig } from './config.ts';
import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { listNames, printShort } from './quote.ts';
import { didYouMean } from './suggest.ts';

/** Every combination of the values of `partitions`; one that no option of the stream has a place for is told. */
export function resolvePartitions(
  value: unknown,
  options: Fields,
  path: ConfigPath,
  findings: Findings,
): readonly Partition[] {
  if (!isFields(value) || findings.touches(path)) return [];
  let partitions: readonly Partition[] = [{}];
  for (const [name, values] of Object.entries(value)) {
    const isUsed = placeholdersIn(options).some(
      ({ placeholder }) => placeholder.kind === 'partition' && placeholder.name === name,
    );
    if (!isUsed) tellUnused(name, [...path, name], findings);
    const listed = Array.isArray(values) ? (values as readonly (string | number)[]) : [];
    partitions = partitions.flatMap((partition) => listed.map((one) => ({ ...partition, [name]: one })));
  }
  return partitions;
}

/** The stream as one of its partitions is read: its placeholders are filled in. */
export function streamOfPartition(
  stream: StreamConfig,
  partition: Partition,
  schema: Parameters<typeof fillPlaceholders>[1],
): StreamConfig {
  const options = fillPlaceholders(stream.options, schema, (placeholder) => {
    const value = placeholder.kind === 'partition' ? partition[placeholder.name] : undefined;
    return value === undefined ? undefined : { value };
  });
  return { ...stream, options };
}

/** Refuses a `$partition.NAME` that the stream does not have. */
export function checkPartitionPaths(
  { fields = [], where, each }: Pick<PipelineConfig, 'fields' | 'where' | 'each'>,
  { partitions }: StreamConfig,
  path: ConfigPath,
  findings: Findings,
): void {
  const known = Object.keys(partitions[0] ?? {});
  const places = fields.map(({ column, from }) => ({ text: from, place: [...path, 'map', column] }));
  const condition = { text: typeof where === 'string' ? where : undefined, place: [...path, 'where'] };
  for (const { text, place } of [...places, condition, { text: each, place: [...path, 'each'] }]) {
    if (text === undefined || findings.touches(place)) continue;
    const { root, names } = parsePath(text);
    const [name = ''] = names;
    if (root !== 'partition' || known.includes(name)) continue;
    const meant = didYouMean(name, known);
    const there = known.length === 0 ? 'The stream has no `partitions`.' : `It has: ${listNames(known)}.`;
    findings.error({
      path: place,
      code: 'config/reference',
      message: `the stream has no partition named ${printShort(name)}`,
      help: meant === undefined ? there : `did you mean "$partition.${meant}"?`,
    });
  }
}

function tellUnused(name: string, path: ConfigPath, findings: Findings): void {
  const message = `no option of the stream has {${name}}, so every partition would read the same`;
  const help = `Put {${name}} where the value goes, such as \`path: data/{${name}}.json\`.`;
  findings.error({ path, what: 'key', code: 'config/reference', message, help });
}
