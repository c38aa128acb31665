/** Writes docs/reference.md from the schemas and the catalogue of error codes: `jiti .ci/reference.ts docs/reference.md`. */

import { writeFileSync } from 'node:fs';
import { coreSchema, type Schema, streamSchema } from '../src/config/core-schema.ts';
import { daemonSchema } from '../src/config/daemon.ts';
import { notificationOf, notificationTypes } from '../src/config/notify-schema.ts';
import { scheduleSchema } from '../src/config/schedule.ts';
import { errorCodes } from '../src/model/codes.ts';
import { listPlugins } from '../src/plugin/resolve.ts';

type Properties = { readonly [name: string]: Schema };

/** The whole page. */
export async function reference(): Promise<string> {
  const { properties } = coreSchema;
  const pipeline = properties.pipelines.additionalProperties as unknown as Schema;
  const logs = properties.logs.properties;
  const plugins = await listPlugins();
  const sections = [
    '# Reference\n\nGenerated from the schemas; `syncline schema` prints them, and [language.md](language.md) tells how the parts play together.',
    `## The file\n\n${table(properties as unknown as Properties, coreSchema.required)}`,
    `## Logs\n\n\`logs\`\n\n${table(logs, [])}\n\n\`logs.database\`\n\n${table(logs.database.properties, [])}`,
    `### \`daemon\`\n\n${table(daemonSchema.properties, [])}`,
    ...notificationTypes.map(
      (type) =>
        `### \`notify.NAME\` of type \`${type}\`\n\n${table(notificationOf(type).properties as Properties, notificationOf(type).required)}`,
    ),
    `## Pipelines\n\n\`pipelines.NAME\`\n\n${table(pipeline.properties as Properties, pipeline.required)}`,
    `### One field of \`map\`\n\n${table(fieldOf(pipeline), [])}`,
    `### \`schedule\`\n\n${table(scheduleSchema.properties, [])}`,
    `## Streams\n\nEvery stream has, beside the options of its source:\n\n${table(streamSchema as unknown as Properties, [])}`,
    ...plugins.flatMap(({ name, source, sink }) => [
      ...(source
        ? [
            `## Source \`${name}\`\n\n${source.summary}\n\n${table(source.options.properties as Properties, source.options.required)}`,
            `### Its streams\n\nA bare value is \`${source.shortForm}\`.\n\n${table(source.streamOptions.properties as Properties, source.streamOptions.required)}`,
            ...(source.cursorOptions
              ? [
                  `### Its \`incremental\`\n\nBeside the common keys:\n\n${table(source.cursorOptions.properties as Properties, source.cursorOptions.required)}`,
                ]
              : []),
          ]
        : []),
      ...(sink
        ? [
            `## Sink \`${name}\`\n\n${sink.summary} Modes: ${sink.modes.map((mode) => `\`${mode}\``).join(', ')}; the first is its default.\n\n${table(sink.options.properties as Properties, sink.options.required)}`,
          ]
        : []),
    ]),
    `## Error codes\n\n| code | meaning |\n|---|---|\n${Object.entries(errorCodes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, text]) => `| \`${code}\` | ${cell(text)} |`)
      .join('\n')}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The long form of a field, out of the forms that `map` accepts. */
function fieldOf(pipeline: Schema): Properties {
  const map = (pipeline.properties as Properties).map as Schema;
  const forms = map.additionalProperties as Schema;
  const long = [forms, ...((forms.anyOf ?? []) as Schema[])].find((form) => form.properties !== undefined);
  return (long?.properties ?? {}) as Properties;
}

function table(properties: Properties, required: unknown): string {
  const entries = Object.entries(properties);
  if (entries.length === 0) return 'It has no options.';
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  const lines = entries.map(([name, schema]) => {
    const fallback = isRequired(name) ? 'required' : schema.default === undefined ? '' : code(schema.default);
    const examples = ((schema.examples ?? []) as unknown[]).map(code).join(' ');
    return `| \`${name}\` | ${cell(values(schema))} | ${fallback} | ${cell(String(schema.description ?? ''))}${examples && ` For example ${examples}.`} |`;
  });
  return `| key | value | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}`;
}

function values(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map(code).join(' ');
  if (Array.isArray(schema.anyOf)) return [...new Set((schema.anyOf as Schema[]).map(values))].join(' or ');
  return [schema.type ?? []].flat().join(' or ');
}

function code(value: unknown): string {
  return `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const [file] = process.argv.slice(2);
if (process.argv[1]?.endsWith('reference.ts') && file !== undefined) writeFileSync(file, await reference());
