/** Streams that are read for each record of another: what they say of it, and what pipelines may read of it. */

import type { SourceDefinition } from '../plugin/contract.ts';
import { type PlacedPlaceholder, placeholdersIn } from '../plugin/placeholders.ts';
import { readsParent } from '../transform/expression.ts';
import { parsePath } from '../transform/path.ts';
import type { ParentConfig, PipelineConfig, StreamConfig } from './config.ts';
import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Finding, Findings } from './findings.ts';
import { unknownName } from './references.ts';

/** The stream a parent is looked for from. */
export interface Child {
  readonly plugin: SourceDefinition;
  readonly source: string;
  readonly streams: ReadonlyMap<string, unknown>;
  /** The stream's own options, and what stands under its keys `parents` and `incremental`. */
  readonly options: Fields;
  readonly parents: unknown;
  readonly incremental: unknown;
  readonly path: ConfigPath;
}

type Reference = Extract<PlacedPlaceholder['placeholder'], { kind: 'parent' }>;

/** The parent that the placeholders of a stream name; undefined where there is none, or it is wrong, which is told. */
export function resolveParent(child: Child, findings: Findings): ParentConfig | undefined {
  const { path, parents, options } = child;
  const references = placeholdersIn(options).flatMap(({ placeholder, place }) =>
    placeholder.kind === 'parent' ? [{ ...placeholder, place: [...path, ...place] }] : [],
  );
  const [first] = references;
  if (findings.touches([...path, 'parents'])) return undefined;
  if (first === undefined) {
    if (parents !== undefined) findings.error(unusedParents([...path, 'parents']));
    return undefined;
  }
  const parent = {
    stream: first.stream,
    batch: 1,
    on_missing: 'error',
    ...(isFields(parents) ? parents : {}),
  } as ParentConfig;
  for (const reference of references) {
    checkReference(reference, parent, child, findings);
    if (reference.stream !== first.stream) findings.error(secondParent(first, reference));
  }
  checkAs(parent, references, path, findings);
  refuseAscending(child, findings);
  refuseToken(child, findings);
  return parent;
}

type Placed = Reference & { readonly place: ConfigPath };

function checkReference(
  { stream, path: text, several, place }: Placed,
  { batch }: ParentConfig,
  { streams, source }: Child,
  findings: Findings,
): void {
  if (!streams.has(stream)) {
    unknownName(findings, place, 'stream', stream, streams, source);
    return;
  }
  findings.attempt(place, () => parsePath(text));
  if (text.startsWith('$'))
    findings.error({
      path: place,
      code: 'config/path',
      message: `"${text}" is read from the record of ${stream}, by names alone`,
      help: `Write a path in the record, such as {${stream}.id}.`,
    });
  if (!several && batch > 1)
    findings.error({
      path: place,
      code: 'config/value',
      message: `{${stream}.${text}} stands for one record, and \`parents.batch\` hands over ${batch} at a time`,
      help: `Write {${stream}[].${text}}, or leave \`batch\` out.`,
    });
}

function checkAs(
  { as }: ParentConfig,
  references: readonly Placed[],
  path: ConfigPath,
  findings: Findings,
): void {
  if (as === undefined) return;
  const place = [...path, 'parents', 'as'];
  for (const inside of pathsIn(as)) findings.attempt(place, () => parsePath(inside));
  if (!references.some(({ several }) => several))
    findings.error({
      path: place,
      code: 'config/value',
      message: '`as` shapes what stands for several records, and no placeholder does',
      help: `Write {${references[0]?.stream}[].${references[0]?.path}} where the shaped values go.`,
    });
}

/** The paths between the braces of `as`. */
function pathsIn(as: string): readonly string[] {
  return [...as.matchAll(/\{([^{}]+)\}/g)].map(([, inside = '']) => inside);
}

function refuseAscending({ incremental, path }: Child, findings: Findings): void {
  if (!isFields(incremental) || incremental.order !== 'ascending') return;
  findings.error({
    path: [...path, 'incremental', 'order'],
    code: 'config/value',
    message: 'the records of one parent come after those of another, so all of them are in no order',
    help: 'Leave `order` out: the cursor moves once all parents are through.',
  });
}

function refuseToken({ plugin: { tokenOption }, options, path }: Child, findings: Findings): void {
  if (tokenOption === undefined || options[tokenOption] === undefined) return;
  findings.error({
    path: [...path, tokenOption],
    what: 'key',
    code: 'config/value',
    message: 'a stream that is read once for each record of another has no sync token of its own',
    help: `Leave \`${tokenOption}\` out.`,
  });
}

function unusedParents(path: ConfigPath): Finding {
  return {
    path,
    what: 'key',
    code: 'config/reference',
    message: 'no option of the stream has a placeholder for a parent',
    help: 'Put one where its value goes, such as {contacts.id}, or leave `parents` out.',
  };
}

function secondParent(first: Placed, { stream, place }: Placed): Finding {
  return {
    path: place,
    code: 'config/reference',
    message: `the stream is read for each record of "${first.stream}", and cannot be for those of "${stream}" as well`,
    help: `Read what is needed from the record of one of them: a stream between the two may have both.`,
  };
}

/** Refuses streams that would be read for each of their own records, each ring once. */
export function checkParentCycles(
  source: string,
  streams: ReadonlyMap<string, StreamConfig>,
  findings: Findings,
): void {
  const told = new Set<string>();
  for (const name of streams.keys()) {
    const ring: string[] = [];
    let at: string | undefined = name;
    while (at !== undefined && !ring.includes(at) && !told.has(at)) {
      ring.push(at);
      at = streams.get(at)?.parent?.stream;
    }
    if (at === undefined || told.has(at)) continue;
    const round = [...ring.slice(ring.indexOf(at)), at];
    for (const one of round) told.add(one);
    const message = `these streams are read for each other's records: ${round.join(' → ')}`;
    const help = 'One of them must be read for itself: take the placeholder out of it.';
    findings.error({ path: ['sources', source, 'streams', at], code: 'config/cycle', message, help });
  }
}

/** Refuses what reads `$parent` where there is none, or several at once. */
export function checkParentPaths(
  { fields = [], where, each }: Pick<PipelineConfig, 'fields' | 'where' | 'each'>,
  { name, parent }: StreamConfig,
  path: ConfigPath,
  findings: Findings,
): void {
  if (parent?.batch === 1) return;
  const refuse = (text: string | undefined, expr: string | undefined, place: ConfigPath) => {
    if (findings.touches(place) || !(reads(text) || (expr !== undefined && readsParent(expr)))) return;
    const message =
      parent === undefined
        ? `the stream "${name}" has no parent`
        : `the records of "${name}" are read for ${parent.batch} parents at a time, so it is not known which of them is theirs`;
    const help =
      parent === undefined
        ? 'A placeholder such as {contacts.id} in an option of the stream makes `contacts` its parent.'
        : 'Leave `parents.batch` out, or take the value from the record.';
    findings.error({ path: place, code: 'config/reference', message, help });
  };
  for (const { column, from, expr } of fields) refuse(from, expr, [...path, 'map', column]);
  refuse(each, undefined, [...path, 'each']);
  if (typeof where === 'string') refuse(where, undefined, [...path, 'where']);
  else refuse(undefined, where?.expr, [...path, 'where', 'expr']);
}

/** Refuses a `deleted_when` that reads more than the record: it is judged where a stream is walked for another, too. */
export function checkDeletedWhen(
  condition: StreamConfig['deleted_when'],
  path: ConfigPath,
  findings: Findings,
): void {
  if (condition === undefined || findings.touches(path)) return;
  if (!(typeof condition === 'string' ? reads(condition) : readsParent(condition.expr))) return;
  const message = '`deleted_when` is judged by the record alone, and this reads its parent';
  findings.error({ path, code: 'config/path', message, help: 'Use `where` of the pipeline.' });
}

function reads(text: string | undefined): boolean {
  return text !== undefined && parsePath(text).root === 'parent';
}
