import { parseDuration } from '../model/duration.ts';
import type { SourceDefinition } from '../plugin/contract.ts';
import type { Incremental } from '../transform/incremental.ts';
import { parsePath } from '../transform/path.ts';
import { Refusal } from '../transform/refusal.ts';
import { createTimestampReader, toDate } from '../transform/timestamp.ts';
import { type Fields, isFields, toFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import { resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';
import { printShort } from './quote.ts';

/** `incremental` of a stream, with what it leaves out; undefined where there is none or its schema found it wrong. */
export function resolveIncremental(
  value: unknown,
  plugin: SourceDefinition,
  path: ConfigPath,
  findings: Findings,
): Incremental | undefined {
  if (!isFields(value) || findings.touches(path)) return undefined;
  const cursor_field = String(value.cursor_field);
  findings.attempt([...path, 'cursor_field'], () => parsePath(cursor_field));
  const initial = value.initial === undefined ? undefined : String(value.initial);
  const problem = initial === undefined ? undefined : cursorProblem(initial);
  if (problem !== undefined) {
    const help =
      'Write a value of the cursor field such as 2024-01-01, or a time before the run such as -90d.';
    findings.error({ path: [...path, 'initial'], code: 'config/value', message: problem, help });
  }
  return {
    cursor_field,
    initial,
    lookback: resolveLookback(value.lookback, [...path, 'lookback'], findings),
    order: (value.order as Incremental['order'] | undefined) ?? plugin.order ?? 'none',
    on_missing: value.on_missing as Incremental['on_missing'],
    step: resolveStep(value, initial, plugin, [...path, 'step'], findings),
  };
}

/** What `incremental` holds beside the common keys: what the source asks for. */
export function cursorOptionsOf(value: unknown, { cursorOptions }: SourceDefinition): Fields | undefined {
  if (!isFields(value) || cursorOptions === undefined) return undefined;
  const own = Object.entries(value).filter(([name]) => Object.hasOwn(cursorOptions.properties, name));
  return toFields(own);
}

/** Windows are cut from a range of time that is known before its first record. */
function resolveStep(
  { step }: Fields,
  initial: string | undefined,
  plugin: SourceDefinition,
  path: ConfigPath,
  findings: Findings,
): number | undefined {
  const length = resolveDuration(step, path, findings);
  if (length === undefined) return undefined;
  const refuse = (message: string, help: string) =>
    findings.error({ path, code: 'config/value', message, help });
  if (length === 0) refuse('a window cannot be empty', 'Write a duration such as 30d.');
  else if (plugin.ranges !== true)
    refuse(
      `\`step\` cuts what is asked for into windows, and the source ${plugin.name} is read whole whatever is asked for`,
      'Leave `step` out: it would read everything once per window.',
    );
  else if (initial === undefined || isPlainNumber(initial))
    refuse(
      '`step` needs to know the time where the first window begins',
      'Add `initial` with a date or a time before the run: `initial: 2024-01-01`, `initial: -90d`.',
    );
  return length;
}

function isPlainNumber(text: string): boolean {
  return /^-?[0-9]+([.][0-9]+)?$/.test(text);
}

/** What is wrong with text that stands for a value of a cursor field; any text may be one, but for dates there are not. */
export function cursorProblem(text: string): string | undefined {
  if (isPlainNumber(text)) return undefined;
  if (text.startsWith('-') && parseDuration(text.slice(1)) === undefined)
    return `${printShort(text)} is neither a number nor a time before now`;
  const [, time] = /^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:.*)?$/i.exec(text) ?? [text, null];
  if (time === null) return undefined;
  // Whether a zone is needed is known by the records only.
  const judged = time === undefined ? toDate(text) : createTimestampReader('iso8601', 'UTC')(text);
  return judged instanceof Refusal ? judged.reason : undefined;
}

/** Milliseconds, or a plain number where the field holds numbers. */
function resolveLookback(value: unknown, path: ConfigPath, findings: Findings): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  const text = String(value);
  return /^[0-9]+$/.test(text) ? Number(text) : resolveDuration(text, path, findings);
}
