import { setTimeout } from 'node:timers/promises';
import { errorCodes } from '../../model/codes.ts';
import { Decimal } from '../../model/decimal.ts';
import { maxDepth, parseJson, printJson } from '../../model/json.ts';
import { count, plural } from '../../model/plural.ts';
import type { Value } from '../../model/types.ts';
import type { KeptReject } from '../../state/state.ts';
import type { Column, Page, PageKey, Place, Row, Sheet } from '../page.ts';
import { printable } from '../printable.ts';
import type { RejectChoice, World } from '../world.ts';
import { commandLine } from './command-line.ts';

type At = Extract<Place, { page: 'rejects' }>;

/** So many rejects a page holds, and of each so many lines of its record. */
const most = 1000;
/** Milliseconds. */
const pace = 1000;
const mostLines = 200;
const longestLine = 400;

const columns = [
  { name: 'reason', rank: 0, fills: true },
  { name: 'field', rank: 1 },
  { name: 'pipeline', rank: 2 },
  { name: 'run', rank: 3 },
] as const satisfies readonly Column[];

/** Rows that were refused, with their reasons and records. */
export const rejectsPage: Page<At> = {
  command: (at) => commandLine('rejects', 'show', at.run ?? at.pipeline),
  load: (world, { run, pipeline }, signal) => load(world, { run, pipeline }, signal),
  keys: (world, { run, pipeline }, row) => keysOf({ run, pipeline }, row, world),
};

/** Runs add to them and take from them: they are looked at again and again. */
async function* load(world: World, choice: RejectChoice, signal: AbortSignal): AsyncGenerator<Sheet> {
  let shown: string | undefined;
  while (!signal.aborted) {
    const found = await world.rejects(choice, most + 1);
    const state = JSON.stringify(found.map(({ id, superseded_by }) => [id, superseded_by]));
    if (state !== shown) yield sheet(found, choice);
    shown = state;
    await setTimeout(pace, undefined, { signal }).catch(() => undefined);
  }
}

function keysOf(choice: RejectChoice, row: Row | undefined, world: World): PageKey[] {
  const retry = { key: 'r', word: 'retry', does: 'map and write all of these again, in a run of its own' };
  const drop = { key: 'D', word: 'drop', does: 'forget all of these (asks)' };
  const disabled = world.cannot('rejects') ?? (row === undefined ? 'no row is rejected' : undefined);
  if (disabled !== undefined) return [retry, drop].map((key) => ({ ...key, disabled }));
  return [
    {
      ...retry,
      act: {
        type: 'do',
        work: async (world) => ({ to: { page: 'run', run: await world.retry(choice) } }),
      },
    },
    {
      ...drop,
      act: {
        type: 'do',
        ask: `Forget all rejected rows${whose(choice)}?`,
        work: async (world) => ({ said: `${plural(await world.drop(choice), 'rejected row')} dropped` }),
      },
    },
  ];
}

function whose({ run, pipeline }: RejectChoice): string {
  return `${pipeline === undefined ? '' : ` of ${pipeline}`}${run === undefined ? '' : ` in run ${run}`}`;
}

function sheet(found: readonly KeptReject[], choice: RejectChoice): Sheet {
  const number =
    found.length > most ? `the first ${plural(most, 'rejected row')}` : plural(found.length, 'rejected row');
  return {
    title: `${number[0]?.toUpperCase()}${number.slice(1)}${whose(choice)}`,
    columns,
    rows: found.slice(0, most).map(rowOf),
    empty: 'No row is rejected.',
  };
}

function rowOf({ id, run, pipeline, field, code, reason, record, superseded_by }: KeptReject): Row {
  const superseded =
    superseded_by === undefined
      ? []
      : [{ text: `superseded by run ${superseded_by}: it is not retried`, tone: 'dim' as const }];
  return {
    id: String(id),
    cells: [reason, field ?? '', pipeline, run].map(printable),
    tone: superseded_by === undefined ? 'warn' : 'dim',
    lines: [
      ...superseded,
      { text: `${code}: ${meaningOf(code)}`, tone: 'dim' },
      ...recordLines(record).map((text) => ({ text })),
    ],
  };
}

/** What `syncline explain` says of a code, which may be of a newer version. */
function meaningOf(code: string): string {
  const codes: { readonly [code: string]: string } = errorCodes;
  return codes[code] ?? 'unknown to this version';
}

function recordLines(record: string): string[] {
  const lines = indented(parseJson(record), 0).map((line) =>
    line.length > longestLine ? `${line.slice(0, longestLine)}…` : line,
  );
  if (lines.length <= mostLines) return lines.map(printable);
  const more = `and ${count(lines.length - mostLines)} more lines`;
  return [...lines.slice(0, mostLines).map(printable), more];
}

/** As lines of JSON, every number with the digits it has. */
function indented(value: Value, depth: number): string[] {
  const isList = Array.isArray(value);
  const members = membersOf(value);
  if (members.length === 0 || depth > maxDepth) return [printJson(value)];
  const lines = members.flatMap(([name, member], place) => {
    const [first = '', ...rest] = indented(member, depth + 1);
    const all = [`${isList ? '' : `${JSON.stringify(name)}: `}${first}`, ...rest];
    const comma = place < members.length - 1 ? ',' : '';
    return all.map((line, each) => `  ${line}${each === all.length - 1 ? comma : ''}`);
  });
  return isList ? ['[', ...lines, ']'] : ['{', ...lines, '}'];
}

/** Of what is no list and no object: none. */
function membersOf(value: Value): readonly (readonly [string, Value])[] {
  const isPlain = typeof value === 'object' && value !== null && !(value instanceof Decimal);
  return isPlain ? Object.entries(value as { readonly [name: string]: Value }) : [];
}
