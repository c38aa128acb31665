import { type Outcome, outcomes } from '../../model/result.ts';
import type { KeptRun } from '../../state/state.ts';
import { outcomeGlyph } from '../glyphs.ts';

const parts = 12;
const partOf = (24 * 3_600_000) / parts;

/** The last 24 hours of a pipeline, two a character: how its runs ended that began then, the worst of them. */
export function dayOf(pipeline: string, recent: readonly KeptRun[], now: number): string {
  const ended: Outcome[][] = Array.from({ length: parts }, () => []);
  for (const { startedAt, pipelines } of recent) {
    const result = pipelines[pipeline];
    const part = parts - 1 - Math.floor(Math.max(now - Date.parse(startedAt), 0) / partOf);
    if (result) ended[part]?.push(result.status);
  }
  return ended.map((those) => worstGlyph(those)).join('');
}

function worstGlyph(those: readonly Outcome[]): string {
  const worst = outcomes.find((outcome) => those.includes(outcome));
  return worst === undefined ? '·' : outcomeGlyph(worst);
}
