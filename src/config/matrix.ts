import type { Mode } from '../model/types.ts';
import { parsePath } from '../transform/path.ts';
import type { Columns } from './columns.ts';
import type { SinkConfig } from './config.ts';
import type { ConfigPath } from './document.ts';
import type { Finding, Findings } from './findings.ts';
import type { Strategies } from './strategies.ts';

/** What the mode matrix judges: a pipeline whose parts are each right. */
export interface Combination {
  readonly path: ConfigPath;
  readonly mode: Mode;
  readonly sink: SinkConfig;
  readonly key: readonly string[];
  /** The key of the stream, as fields of the record. */
  readonly streamKey: readonly string[];
  readonly columns: Columns;
  readonly each: boolean;
  readonly merges: boolean;
  readonly strategies: Strategies;
  readonly replaceWithin: boolean;
}

/**
 * Refuses what does not go together: a feature of one mode in another, and what the sink lacks. What is not named here
 * is free in every mode.
 */
export function checkCombination(combination: Combination, findings: Findings): void {
  const { path, mode, sink, key, merges } = combination;
  if (!sink.plugin.modes.includes(mode)) {
    const message = `the sink "${sink.name}" (${sink.plugin.name}) cannot ${mode}`;
    const help = `it can: ${sink.plugin.modes.join(', ')}. Without \`mode\` it does the first of them.`;
    findings.error({ path: [...path, 'mode'], code: 'config/mode', message, help });
    return;
  }
  if (mode === 'upsert' && key.length === 0) findings.error(missingKey(combination));
  if (mode !== 'upsert' && merges) {
    const message = `\`merge\` is for the mode upsert, and this is ${mode}: no row meets one that is there`;
    const help =
      'leave `merge` out (`merge: null` where it comes from `defaults`), or choose `mode: upsert`.';
    findings.error({ path: [...path, 'merge'], what: 'key', code: 'config/mode', message, help });
  }
  checkLedger(combination, findings);
  checkReplaceWithin(combination, findings);
}

function missingKey({ path, streamKey, each }: Combination) {
  const fields = streamKey.join(', ');
  const taken = `the stream's own key (${fields}) is not mapped as it is: map it with \`from\`, or name the columns in \`primary_key\`.`;
  const perElement =
    'under `each` one record makes many rows: name the columns that tell them apart in `primary_key`.';
  const none = 'add `primary_key: COLUMN`, or only add rows with `mode: append`.';
  const help = streamKey.length === 0 ? none : each ? perElement : taken;
  const message = 'the mode upsert needs a primary key, to find the row that is already there';
  return { path, what: 'key', code: 'config/primary_key', message, help } as const;
}

function checkLedger({ path, sink, strategies }: Combination, findings: Findings): void {
  if (sink.plugin.capabilities.includes('ledger')) return;
  const kept = [...strategies.fields].find(([, strategy]) => strategy.type === 'keep_edits');
  const column = kept?.[0] ?? (strategies.others.type === 'keep_edits' ? '*' : undefined);
  if (column === undefined) return;
  const message = `keep_edits needs a sink that remembers what was written, and "${sink.name}" (${sink.plugin.name}) keeps no ledger`;
  const help = 'write to a database such as libsql, or choose another strategy.';
  findings.error({ path: [...path, 'merge', column], code: 'config/merge', message, help });
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
}: Combination): Pick<Finding, 'message' | 'help'> | undefined {
  if (mode !== 'upsert') {
    const message = `\`replace_within\` is for the mode upsert, and this is ${mode}`;
    return { message, help: 'leave one of the two out.' };
  }
  if (!each) {
    const help = 'name the array whose elements are the rows: `each: items`.';
    return { message: '`replace_within` needs `each`', help };
  }
  // Without any key, that is told already.
  if (key.length === 0 || parentColumns(key, columns).length > 0) return undefined;
  return {
    message: 'no column of the primary key tells the record that the rows belong to',
    help: 'map one of them from `$record`, such as `order_id: $record.id`, and name it in `primary_key`.',
  };
}

/** The columns of the key that tell the record around an element. */
export function parentColumns(key: readonly string[], columns: Columns): readonly string[] {
  return key.filter((column) => {
    const from = columns.fields.get(column)?.from;
    return from !== undefined && parsePath(from).root === 'record';
  });
}
