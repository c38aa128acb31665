import { fitted, widthOf } from '../fitted.ts';
import { glyphsOf, sparkline } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { type RunModel, totalRate } from '../model.ts';
import { elapsed, rough } from '../numbers.ts';
import type { Shown } from '../store.ts';

/** How the run stands, in one line: as much as there is room for. */
export function headOf({ run, look, size }: Shown): string {
  const { dot, more } = glyphsOf(look);
  const word = wordOf(run, look);
  const { size: number } = run.pipelines;
  const total = number === 0 ? '' : `${number} ${number === 1 ? 'pipeline' : 'pipelines'}: `;
  const counts = countsOf(run)
    .map(([number, status]) => `${number} ${status}`)
    .join(` ${dot} `);
  const lefts = [
    ` run ${(run.id ?? '').slice(0, 4)}${more}  ${word.plain}   ${total}${counts}`,
    ` ${word.plain}   ${total}${counts}`,
    ` ${word.plain}   ${counts}`,
  ];
  const { rate, chart } = paceOf(run, look);
  const ways = [`${rate} ${chart}`, rate].flatMap((pace) => lefts.map((left) => ({ left, pace })));
  const fitting = ways.find(({ left, pace }) => widthOf(left) + widthOf(pace) + 3 <= size.columns);
  const { left, pace } = fitting ?? { left: ` ${word.plain}   ${counts}`, pace: '' };
  const line = fitted(left, size.columns - widthOf(pace) - 1, look);
  return line.replace(word.plain, word.colored) + look.colors.cyan(pace);
}

function wordOf({ result, stopping, started, now }: RunModel, look: Look) {
  const { colors } = look;
  const { live } = glyphsOf(look);
  const end = result === undefined ? now : Date.parse(result.finishedAt);
  const time = started === undefined ? '' : ` ${elapsed(end - started)}`;
  const word = result?.status ?? (stopping ? 'stopping' : started === undefined ? 'starting' : 'running');
  const plain = `${live} ${word}${time}`;
  const color =
    word === 'succeeded' || word === 'running' || word === 'skipped'
      ? colors.green
      : word === 'failed' || word === 'mixed'
        ? colors.red
        : colors.yellow;
  return { plain, colored: color(plain) };
}

function countsOf({ pipelines }: RunModel): [number: number, status: string][] {
  const counted = new Map<string, number>();
  for (const { status } of pipelines.values()) {
    const word = status === 'succeeded' ? 'ok' : status;
    counted.set(word, (counted.get(word) ?? 0) + 1);
  }
  const order = ['ok', 'partial', 'running', 'waiting'];
  const placeOf = (status: string) => (order.includes(status) ? order.indexOf(status) : order.length);
  return [...counted].sort(([a], [b]) => placeOf(a) - placeOf(b)).map(([status, number]) => [number, status]);
}

function paceOf(run: RunModel, look: Look): { rate: string; chart: string } {
  if (run.result || run.started === undefined) return { rate: '', chart: '' };
  // The second under way is not over: it would always seem a slow one.
  const chart = sparkline(run.seconds.reads.slice(-13, -1), glyphsOf(look)).padStart(12);
  return { rate: `${rough(totalRate(run))} rows/s`, chart };
}
