import type { Connector } from '../plugin/connector.ts';
import { schemaErrors } from './ajv.ts';
import { type Fields, isFields, mergeFields, toFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { fillDefaults } from './options.ts';
import { toFindings } from './problems.ts';
import { sourceOf } from './schema.ts';

/**
 * The options and streams of a connector as those of the source it is read with: its own streams, with those of the
 * config laid over them. What its body makes wrong of the options is told.
 */
export function expandConnector(
  connector: Connector,
  written: Fields,
  path: ConfigPath,
  findings: Findings,
): { readonly options: Fields; readonly streams: Fields } {
  const { streams, options } = parted(written);
  const expanded = connector.expand(options);
  const { shortForm } = connector.source;
  const over = Object.entries(isFields(streams) ? streams : {}).map(
    ([name, stream]) => [name, isFields(stream) ? stream : { [shortForm]: stream }] as const,
  );
  const laid = over.map(([name, stream]) => [name, mergeFields(expanded.streams[name], stream)] as const);
  const schema = sourceOf(connector.source);
  const whole = { type: connector.source.name, ...expanded.options, streams: expanded.streams };
  if (!findings.touches(path))
    for (const finding of toFindings(schemaErrors(schema, whole), whole, [])) {
      const place = finding.path.join('.');
      const message = `the connector ${connector.name} makes of it, at \`${place}\`: ${finding.message}`;
      findings.error({ ...finding, path, message });
    }
  const { options: filled } = parted(fillDefaults(whole, schema) as Fields);
  return { options: filled, streams: toFields([...Object.entries(expanded.streams), ...laid]) };
}

/** What of a source is not its own. */
export function parted({ type: _, streams, ...options }: Fields): {
  readonly streams: unknown;
  readonly options: Fields;
} {
  return { streams, options };
}
