import { existsSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { type ColumnType, columnTypes, type Strategy, strategyNames } from '../model/types.ts';
import { importModule } from '../plugin/module.ts';
import { isSummed } from '../transform/sum.ts';
import { type Columns, requireColumn } from './columns.ts';
import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { printShort } from './quote.ts';

/** The merge strategies of a pipeline: of single columns, and of all others. */
export interface Strategies {
  readonly fields: ReadonlyMap<string, Strategy>;
  readonly others: Strategy;
}

/** `merge` spelled out. A column that tells which row is newer merges by `max`, unless it says otherwise. */
export function resolveStrategies(merge: Fields, directory: string): Strategies {
  const fields = new Map<string, Strategy>();
  for (const [column, value] of Object.entries(merge)) {
    const strategy = toStrategy(value, directory);
    if (column !== '*' && strategy !== undefined) fields.set(column, strategy);
  }
  const others = toStrategy(merge['*'], directory) ?? { type: 'overwrite' };
  for (const strategy of [...fields.values(), others]) {
    if (strategy.type === 'newest' && !fields.has(strategy.by)) fields.set(strategy.by, { type: 'max' });
  }
  return { fields, others };
}

function toStrategy(value: unknown, directory: string): Strategy | undefined {
  if (isFields(value)) {
    const by = isFields(value.newest) ? value.newest.by : undefined;
    return typeof by === 'string' ? { type: 'newest', by } : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const type = strategyNames.find((name) => name === value);
  return type === undefined ? { type: 'function', path: resolvePath(directory, value) } : { type };
}

/** Checks that every strategy has what it needs: its column, a column of a type it can merge, its function. */
export async function checkStrategies(
  merge: Fields,
  strategies: Strategies,
  columns: Columns,
  key: readonly string[],
  path: ConfigPath,
  findings: Findings,
): Promise<void> {
  for (const name of Object.keys(merge)) {
    const place = [...path, name];
    const strategy = name === '*' ? strategies.others : strategies.fields.get(name);
    if (strategy === undefined || findings.touches(place)) continue;
    if (name !== '*') requireColumn(columns, name, place, findings, 'key');
    if (strategy.type === 'newest')
      checkNewest(strategy.by, strategies, columns, [...place, 'newest', 'by'], findings);
    if (strategy.type === 'function') await checkFunction(strategy.path, place, findings);
    const merged = name === '*' ? othersOf(columns, strategies, key) : [name];
    for (const column of merged) checkType(column, strategy, columns, place, findings);
  }
}

/** The mapped columns that `"*"` stands for. Those of the key never merge: they are the same in both rows. */
function othersOf(columns: Columns, { fields }: Strategies, key: readonly string[]): readonly string[] {
  return [...columns.fields.keys()].filter((column) => !fields.has(column) && !key.includes(column));
}

function checkNewest(
  by: string,
  strategies: Strategies,
  columns: Columns,
  path: ConfigPath,
  findings: Findings,
): void {
  requireColumn(columns, by, path, findings);
  const own = strategies.fields.get(by);
  if (own !== undefined && own.type !== 'max') {
    const message = `${printShort(by)} tells which row is newer, so it merges by max, not by ${own.type}`;
    findings.error({
      path,
      code: 'config/merge',
      message,
      help: `Leave ${printShort(by)} out of \`merge\`.`,
    });
  }
  checkType(by, { type: 'max' }, columns, path, findings);
}

/** Which types a strategy can merge; the others can merge all. */
const mergeable: { readonly [type in Strategy['type']]?: (type: ColumnType) => boolean } = {
  union: (type) => type === 'json',
  shallow_merge: (type) => type === 'json',
  deep_merge: (type) => type === 'json',
  bool_or: (type) => type === 'boolean',
  bool_and: (type) => type === 'boolean',
  sum: isSummed,
  max: (type) => type !== 'json',
  min: (type) => type !== 'json',
};

function checkType(
  column: string,
  strategy: Strategy,
  columns: Columns,
  path: ConfigPath,
  findings: Findings,
): void {
  const declared = columns.fields.get(column)?.type;
  const accepts = mergeable[strategy.type];
  if (declared === undefined || accepts === undefined || accepts(declared)) return;
  const ordered = accepts('string');
  const wanted = columnTypes.filter(accepts);
  const words = ordered ? 'ordered' : wanted.join(', ');
  const message = `${strategy.type} merges ${words} columns, and ${printShort(column)} is ${declared}`;
  const help = ordered
    ? 'A json value has no order: choose another strategy, or map the part of it that has one.'
    : `Declare \`type: ${wanted.at(-1)}\` in \`map\`, or choose another strategy.`;
  findings.error({ path, code: 'merge/type', message, help });
}

async function checkFunction(file: string, path: ConfigPath, findings: Findings): Promise<void> {
  if (!existsSync(file)) {
    const help = 'A path in `merge` is relative to the folder of the config.';
    findings.error({ path, code: 'config/merge', message: `there is no file ${file}`, help });
    return;
  }
  try {
    const module = await importModule(file);
    if (typeof module.default === 'function') return;
    const help = 'Write `export default (existing, incoming, context) => …`.';
    findings.error({
      path,
      code: 'config/merge',
      message: `${file} has no function as its default export`,
      help,
    });
  } catch (error) {
    findings.thrown(path, error);
  }
}
