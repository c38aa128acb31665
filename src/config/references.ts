import type { Fields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { listNames, printShort } from './quote.ts';
import { didYouMean } from './suggest.ts';
import type { SinkEntry, SourceEntry } from './validate.ts';

export interface StreamReference {
  readonly source: SourceEntry;
  readonly stream: string;
  readonly options: Fields;
}

export interface TargetReference {
  readonly sink: SinkEntry;
  /** What follows the dot. */
  readonly target: string;
}

type Named = ReadonlyMap<string, unknown>;

/** What `from` names, `source.stream`; undefined when there is no such thing, which is already reported. */
export function resolveFrom(
  text: string,
  path: ConfigPath,
  sources: ReadonlyMap<string, SourceEntry>,
  findings: Findings,
): StreamReference | undefined {
  const [name, stream] = split(text);
  const source = sources.get(name);
  if (source === undefined) {
    unknownName(findings, path, 'source', name, sources);
    return undefined;
  }
  if (stream === '') {
    const one = [...source.streams.keys()][0] ?? 'stream';
    const message = `${printShort(text)} names a source, but none of its streams`;
    const help = `Write source.stream, such as \`${name}.${one}\`. The streams of "${name}": ${listNames(source.streams.keys())}.`;
    findings.error({ path, code: 'config/reference', message, help });
    return undefined;
  }
  const options = source.streams.get(stream);
  if (options !== undefined) return { source, stream, options };
  // A stream of the wrong shape is already reported.
  if (!findings.touches(['sources', name, 'streams'])) {
    unknownName(findings, path, 'stream', stream, source.streams, name);
  }
  return undefined;
}

/** What `to` names, `sink.target`; undefined when there is no such sink, which is already reported. */
export function resolveTo(
  text: string,
  path: ConfigPath,
  sinks: ReadonlyMap<string, SinkEntry>,
  findings: Findings,
): TargetReference | undefined {
  const [name, target] = split(text);
  const sink = sinks.get(name);
  if (sink === undefined) {
    unknownName(findings, path, 'sink', name, sinks);
    return undefined;
  }
  if (target !== '') return { sink, target };
  const message = `${printShort(text)} names a sink, but no target in it`;
  const help = `Write sink.target: the table or the file that the rows go to, such as \`${name}.campaigns\`.`;
  findings.error({ path, code: 'config/reference', message, help });
  return undefined;
}

/** Tells that there is no such thing, and which one may be meant. */
export function unknownName(
  findings: Findings,
  path: ConfigPath,
  kind: string,
  name: string,
  known: Named,
  of = '',
): void {
  const meant = didYouMean(name, known.keys());
  const owner = of === '' ? '' : ` of "${of}"`;
  const all =
    known.size === 0 ? `no ${kind} is declared` : `the ${kind}s${owner}: ${listNames(known.keys())}`;
  const help = meant === undefined ? all : `did you mean "${of === '' ? '' : `${of}.`}${meant}"?`;
  findings.error({
    path,
    code: 'config/reference',
    message: `there is no ${kind}${owner} named ${printShort(name)}`,
    help,
  });
}

/** At the first dot: what follows it may well hold others. */
function split(text: string): readonly [string, string] {
  const dot = text.indexOf('.');
  return dot === -1 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}
