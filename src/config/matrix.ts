import type { Mode, Strategy } from '../model/types.ts';
import { parsePath } from '../transform/path.ts';
import type { Columns } from './columns.ts';
import type { Deletes, PipelineConfig, SinkConfig, Snapshot, SourceConfig, StreamConfig } from './config.ts';
import { checkDeletions } from './deletions.ts';
import type { ConfigPath } from './document.ts';
import type { Finding, Findings } from './findings.ts';
import { printShort } from './quote.ts';
import type { Strategies } from './strategies.ts';

/** What the mode matrix judges: a pipeline whose parts are each right. */
export interface Combination {
  readonly path: ConfigPath;
  readonly modePath: ConfigPath;
  readonly mergePath: ConfigPath;
  readonly mode: Mode;
  readonly source: SourceConfig;
  readonly stream: StreamConfig;
  readonly sink: SinkConfig;
  readonly key: readonly string[];
  readonly columns: Columns;
  readonly each: boolean;
  /** The columns `merge` names, `*` among them. */
  readonly merged: readonly string[];
  readonly strategies: Strategies;
  readonly replaceWithin: boolean;
  readonly fullEvery: boolean;
  readonly deletes: Deletes;
  readonly deletesPath: ConfigPath;
  /** The keys of `deletes` that were written. */
  readonly deleting: readonly string[];
  readonly snapshot: Snapshot | undefined;
  readonly stamps: PipelineConfig['columns'];
}

/**
 * Refuses what does not go together: a feature of one mode in another, and what the sink lacks. What is not named here
 * is free in every mode.
 */
export function checkCombination(combination: Combination, findings: Findings): void {
  const { modePath, mergePath, mode, sink, key, merged } = combination;
  if (!sink.plugin.modes.includes(mode)) {
    const message = `the sink "${sink.name}" (${sink.plugin.name}) cannot ${mode}`;
    const help = `It can: ${sink.plugin.modes.join(', ')}. Without \`mode\` it does the first of them.`;
    findings.error({ path: modePath, code: 'config/mode', message, help });
    return;
  }
  const merges = mode === 'upsert' || mode === 'mirror';
  if ((merges || mode === 'snapshot') && key.length === 0) findings.error(missingKey(combination));
  if (!merges && merged.length > 0) {
    const why = mode === 'snapshot' ? 'a row that is there stays' : 'no row meets one that is there';
    const message = `\`merge\` is for the modes upsert and mirror, and this is ${mode}: ${why}`;
    const help =
      'Leave `merge` out (`merge: null` where it comes from `defaults`), or choose `mode: upsert`.';
    findings.error({ path: mergePath, what: 'key', code: 'config/mode', message, help });
  }
  checkKeyTypes(combination, findings);
  checkMergedKey(combination, findings);
  checkLedger(combination, findings);
  checkReplaceWithin(combination, findings);
  checkExact(combination, findings);
  checkDeletions(combination, findings);
}

function missingKey({ path, mode, stream, each }: Combination) {
  const fields = stream.primary_key.join(', ');
  const taken = `the stream's own key (${fields}) is not mapped as it is: map it with \`from\`, or name the columns in \`primary_key\`.`;
  const perElement =
    'under `each` one record makes many rows: name the columns that tell them apart in `primary_key`.';
  const none = 'add `primary_key: COLUMN`, or only add rows with `mode: append`.';
  const help = fields === '' ? none : each ? perElement : taken;
  const message = `the mode ${mode} needs a primary key, to find the row that is already there`;
  return { path, what: 'key', code: 'config/primary_key', message, help } as const;
}

/** What JSON takes for one value has many texts, and keys are compared as text. */
function checkKeyTypes({ path, key, columns }: Combination, findings: Findings): void {
  for (const column of key.filter((name) => columns.fields.get(name)?.type === 'json')) {
    const message = `${printShort(column)} belongs to the primary key, so it cannot be of type json`;
    const help =
      'Map the part of it that identifies a row, such as `id: ref.id`, or choose another `primary_key`.';
    const place = [...path, 'map', column, 'type'];
    findings.error({ path: place, code: 'config/primary_key', message, help });
  }
}

/** Rows meet because their keys are equal, so there is nothing to merge in a key. */
function checkMergedKey({ mergePath, mode, key, merged }: Combination, findings: Findings): void {
  if (mode !== 'upsert' && mode !== 'mirror') return;
  for (const column of merged.filter((name) => key.includes(name))) {
    const message = `${printShort(column)} belongs to the primary key, which is the same in both rows: it never merges`;
    const help = 'Leave it out of `merge`, or choose another `primary_key`.';
    findings.error({ path: [...mergePath, column], what: 'key', code: 'config/merge', message, help });
  }
}

function checkLedger({ mergePath, sink, strategies }: Combination, findings: Findings): void {
  const { capabilities } = sink.plugin;
  if (capabilities.includes('ledger')) return;
  const lacking = capabilities.includes('memory') ? (['sum'] as const) : (['keep_edits', 'sum'] as const);
  for (const strategy of lacking) {
    const column = columnMergedBy(strategy, strategies);
    if (column === undefined) continue;
    const message = `${strategy} needs a sink that remembers what was written, and "${sink.name}" (${sink.plugin.name}) keeps no ledger`;
    const help = 'Write to a database such as libsql, or choose another strategy.';
    findings.error({ path: [...mergePath, column], code: 'config/merge', message, help });
  }
}

/** The first column that merges by a strategy, or `*`. */
function columnMergedBy(type: Strategy['type'], { fields, others }: Strategies): string | undefined {
  const named = [...fields].find(([, strategy]) => strategy.type === type);
  return named?.[0] ?? (others.type === type ? '*' : undefined);
}

/** Where a record that is read again would count again, nothing may be read again. */
function checkExact(combination: Combination, findings: Findings): void {
  const { path, mergePath, mode, source, stream, strategies, fullEvery } = combination;
  const summed = columnMergedBy('sum', strategies);
  if (mode !== 'append' && summed === undefined) return;
  const why = mode === 'append' ? 'adds' : 'sums';
  const { incremental } = stream;
  const declared = ['sources', source.name, 'streams', stream.name, 'incremental'];
  if (incremental === undefined) {
    if (summed === undefined || findings.touches(declared)) return;
    const message = 'sum adds every record once, and this stream is read whole in every run';
    const help = `Give the stream "${source.name}.${stream.name}" an \`incremental\`, or choose another strategy.`;
    findings.error({ path: [...mergePath, summed], code: 'config/merge', message, help });
    return;
  }
  const refuse = (place: ConfigPath, what: string, help: string) => {
    const message = `${what} reads records again, and the pipeline "${path[1]}" ${why} each of them once`;
    findings.error({ path: place, code: 'config/mode', message, help });
  };
  if ((incremental.lookback ?? 0) > 0)
    refuse(
      [...declared, 'lookback'],
      '`lookback`',
      'leave `lookback` out, or let the pipeline merge by key.',
    );
  if (incremental.on_missing === 'include')
    refuse([...declared, 'on_missing'], '`on_missing: include`', 'choose `exclude` or `error`.');
  if (fullEvery) refuse([...path, 'full_every'], '`full_every`', 'leave `full_every` out.');
}

function checkReplaceWithin(combination: Combination, findings: Findings): void {
  if (!combination.replaceWithin) return;
  const problem = withinProblem(combination);
  if (problem === undefined) return;
  findings.error({ path: [...combination.path, 'replace_within'], code: 'config/mode', ...problem });
}

function withinProblem({
  mode,
  each,
  key,
  columns,
  stream,
}: Combination): Pick<Finding, 'message' | 'help'> | undefined {
  if (mode !== 'upsert') {
    const message = `\`replace_within\` is for the mode upsert, and this is ${mode}`;
    return { message, help: 'Leave one of the two out.' };
  }
  if (!each && stream.parent === undefined) {
    const help =
      'Name the array whose elements are the rows: `each: items`. Or read the stream for each record of another.';
    return { message: '`replace_within` needs `each`, or a stream with a parent', help };
  }
  // Without any key, that is told already.
  if (key.length === 0) return undefined;
  const { within, within_each } = parentColumns(key, columns, each);
  if (within.length === 0)
    return {
      message: 'no column of the primary key tells the record that the rows belong to',
      help: each
        ? 'Map one of them from `$record`, such as `order_id: $record.id`, and name it in `primary_key`.'
        : 'Map one of them from `$parent`, such as `order_id: $parent.id`, and name it in `primary_key`.',
    };
  if (within_each === 'record' || stream.incremental === undefined) return undefined;
  return {
    message:
      '`replace_within` removes the rows of a parent that were not read, and an incremental stream reads only what is new',
    help: 'Leave one of the two out.',
  };
}

/** The columns of the key that tell the record around an element, or the one that the stream was read for. */
export function parentColumns(key: readonly string[], columns: Columns, each: boolean) {
  const within = (roots: readonly string[]) =>
    key.filter((column) => {
      const from = columns.fields.get(column)?.from;
      return from !== undefined && roots.includes(parsePath(from).root);
    });
  if (each && within(['record']).length > 0)
    return { within: within(['record', 'parent']), within_each: 'record' } as const;
  return { within: within(['parent']), within_each: 'parent' } as const;
}
