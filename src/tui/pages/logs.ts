import { setTimeout } from 'node:timers/promises';
import { type LogLevel, type LogLine, logLevels } from '../../model/log-line.ts';
import { count } from '../../model/plural.ts';
import { clock } from '../components/log.ts';
import type { Column, Page, Place, Row, Sheet, Tone } from '../page.ts';
import { printable } from '../printable.ts';
import type { World } from '../world.ts';
import { commandLine } from './command-line.ts';

type At = Extract<Place, { page: 'logs' }>;

/** So many lines are held, and they are shown anew so often at the most, in milliseconds. */
const most = 2000;
const pace = 100;

const columns = [
  { name: 'time', rank: 1 },
  { name: 'level', rank: 2 },
  { name: 'pipeline', rank: 3 },
  { name: 'message', rank: 0, fills: true },
] as const satisfies readonly Column[];

const tones = { error: 'bad', warn: 'warn', info: 'plain' } as const satisfies { [level in LogLevel]: Tone };

/** The log as it is written, the newest line last. */
export const logsPage: Page<At> = {
  command: ({ run, pipeline, level }) =>
    commandLine(
      'logs',
      run,
      '--follow',
      ...(pipeline === undefined ? [] : ['--pipeline', pipeline]),
      ...(level === undefined ? [] : ['--level', level]),
    ),
  load,
  keys(_, at) {
    const level = nextLevel(at.level);
    const shown = level === 'info' ? 'all lines' : level === 'warn' ? 'warnings and errors' : 'errors';
    return [
      {
        key: 'v',
        word: `level: ${at.level ?? 'info'}`,
        does: `show only what matters: info, warn, error in turn; next ${shown}`,
        act: { type: 'go', to: { ...at, level }, instead: true },
      },
    ];
  },
};

function nextLevel(level: LogLevel = 'info'): LogLevel {
  const place = logLevels.indexOf(level);
  return logLevels[(place + logLevels.length - 1) % logLevels.length] ?? 'info';
}

async function* load(world: World, at: At, signal: AbortSignal): AsyncGenerator<Sheet> {
  const { run, pipeline, level } = at;
  const lines = world.logs({ run, pipeline, level }, signal);
  let rows: Row[] = [];
  let number = 0;
  yield sheet(at, rows, number);
  for await (const { fresh, left } of gathered(lines, signal)) {
    number += left;
    rows = [...rows, ...fresh.map((line, place) => rowOf(line, number + place))].slice(-most);
    number += fresh.length;
    yield sheet(at, rows, number);
  }
}

interface Batch {
  readonly fresh: readonly LogLine[];
  /** How many came before these, and are not held. */
  readonly left: number;
}

/** The lines in batches: of those that come faster than they can be shown, the last. */
async function* gathered(lines: AsyncIterable<LogLine>, signal: AbortSignal): AsyncGenerator<Batch> {
  let fresh: LogLine[] = [];
  let left = 0;
  let isOver = false;
  let wake = () => {};
  const read = async () => {
    try {
      for await (const line of lines) {
        fresh.push(line);
        if (fresh.length > 2 * most) left += fresh.splice(0, most).length;
        wake();
      }
    } finally {
      isOver = true;
      wake();
    }
  };
  const reading = read();
  // It is thrown below, once what was read is told.
  reading.catch(() => undefined);
  while (!isOver || fresh.length > 0) {
    if (!isOver && fresh.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    if (!isOver) await setTimeout(pace, undefined, { signal }).catch(() => undefined);
    const batch = { fresh, left };
    fresh = [];
    left = 0;
    if (batch.fresh.length > 0) yield batch;
  }
  await reading;
}

function sheet({ run, pipeline, level }: At, rows: readonly Row[], number: number): Sheet {
  const whose = [
    run === undefined ? 'all runs' : `run ${run}`,
    ...(pipeline === undefined ? [] : [pipeline]),
  ];
  const only = level === undefined || level === 'info' ? '' : `, ${level} and worse`;
  const part = number > rows.length ? `, the last ${count(rows.length)} of ${count(number)} lines` : '';
  return {
    title: `Log of ${whose.join(', ')}${only}${part}`,
    columns,
    rows,
    empty: 'There is no such line yet.',
    grows: true,
  };
}

function rowOf({ time, level, run, pipeline, message, code, hint }: LogLine, number: number): Row {
  const text = printable(message);
  return {
    id: String(number),
    cells: [clock(Date.parse(time)), level, printable(pipeline ?? ''), text],
    tone: tones[level],
    lines: [
      { text: code === undefined ? text : `${text}  [${printable(code)}]` },
      ...(hint === undefined ? [] : [{ text: printable(hint) }]),
      { text: `${time}  run ${printable(run)}`, tone: 'dim' },
    ],
  };
}
