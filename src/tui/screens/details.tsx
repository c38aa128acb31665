import type { Failure } from '../../model/result.ts';
import { RunFrame, roomOf } from '../components/frame.tsx';
import { headOf } from '../components/head.ts';
import { Lines } from '../components/line.tsx';
import { logOf } from '../components/log.ts';
import { fitted, wrapped } from '../fitted.ts';
import { glyphsOf, inGlyphs, statusGlyph } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { type PipelineModel, type RunModel, waitAt } from '../model.ts';
import { duration, rough, span } from '../numbers.ts';
import { etaAt, percentOf, rateAt } from '../pace.ts';
import { countsText } from '../pages/results.ts';
import type { Shown } from '../store.ts';
import { callsText } from '../summary.ts';
import { markedPipeline } from '../view.ts';

/** All about one pipeline, and what was said of it. */
export function DetailsScreen({ shown }: { readonly shown: Shown }) {
  const { run, view } = shown;
  const pipeline = markedPipeline(run, view);
  const room = roomOf(shown);
  const about = pipeline === undefined ? [] : aboutOf(pipeline, shown).slice(0, room);
  const own = { ...run, log: run.log.filter((line) => line.pipeline === pipeline?.name) };
  return (
    <RunFrame shown={shown} head={headOf(shown)}>
      <Lines lines={about} />
      {about.length + 1 < room && (
        <Lines lines={['', ...logOf({ ...shown, run: own }, room - about.length - 1)]} />
      )}
    </RunFrame>
  );
}

function aboutOf(pipeline: PipelineModel, { run, look, size }: Shown): string[] {
  const { colors } = look;
  const { arrow } = glyphsOf(look);
  const { name, from, to, status, result, detail } = pipeline;
  const facts: [string, string][] = [
    ['status', status],
    ['way', from === undefined ? '' : `${from} ${arrow} ${to}`],
    ['counts', countsText(pipeline.counts)],
    ['pace', paceOf(pipeline, run)],
    ['reading', detail ?? ''],
    ['waiting', waitAt(pipeline, run.now)?.replace(/^waiting /, '') ?? ''],
    ['asked', result?.calls === undefined ? '' : callsText(result.calls, result.stopped)],
    ['reason', result?.reason ?? ''],
  ];
  const room = size.columns - 12;
  const told = facts
    .filter(([, text]) => text !== '')
    .map(([fact, text]) => ` ${colors.dim(fact.padEnd(9))} ${fitted(text, room, look)}`);
  const failure = result?.error === undefined ? [] : failureOf(result.error, size.columns - 4, look);
  return [
    ` ${statusGlyph(pipeline, run.now, look)} ${colors.bold(fitted(name, size.columns - 4, look))}`,
    ...told,
    ...failure.map((line, index) => `   ${index === 0 ? colors.red(line) : line}`),
  ];
}

function paceOf({ status, samples, stretch, result }: PipelineModel, { now }: RunModel): string {
  if (result !== undefined) return duration(result.durationMs);
  const rate = status === 'running' ? rateAt(samples, now) : undefined;
  const eta = stretch === undefined ? undefined : etaAt(stretch, now);
  return [
    ...(rate === undefined ? [] : [`${rough(rate)} rows/s`]),
    ...(stretch === undefined ? [] : [`${percentOf(stretch)}%`]),
    ...(eta === undefined ? [] : [`about ${span(eta)} to go`]),
  ].join(', ');
}

function failureOf({ message, code, hint }: Failure, width: number, look: Look): string[] {
  const lines = (text: string) => wrapped(inGlyphs(text, look), width);
  return [...lines(`${message}  [${code}]`), ...(hint === undefined ? [] : lines(hint))];
}
