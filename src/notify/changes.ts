import type { NotificationConfig } from '../config/notify.ts';
import type { Occasion } from '../config/notify-schema.ts';
import type { Outcome, PipelineResult } from '../model/result.ts';

/** How a pipeline stands, for those who wait to be told. */
type Standing = 'failed' | 'partial' | 'succeeded';

/** A pipeline that stands otherwise than when it was last told of. */
export interface Change {
  readonly pipeline: string;
  readonly occasion: Occasion;
  /** How it stood when this notification last knew; undefined the first time. */
  readonly before?: string;
  readonly result: PipelineResult;
}

export interface Changes {
  readonly told: readonly Change[];
  /** How those stand that are told of. */
  readonly standings: ReadonlyMap<string, Standing>;
  /** How those stand that changed in a way nobody wants to hear of. */
  readonly silent: ReadonlyMap<string, Standing>;
}

/** Undefined changes nothing: it was cancelled, skipped, or ran elsewhere. */
const standings: { readonly [outcome in Outcome]: Standing | undefined } = {
  failed: 'failed',
  rate_limited: 'failed',
  interrupted: 'failed',
  partial: 'partial',
  succeeded: 'succeeded',
  cancelled: undefined,
  busy: undefined,
  skipped: undefined,
};

/** What a notification tells of the results of a run, where `known` is how pipelines stood by all it told so far. */
export function changesOf(
  { on, about }: Pick<NotificationConfig, 'on' | 'about'>,
  results: { readonly [pipeline: string]: PipelineResult | null },
  known: ReadonlyMap<string, string>,
): Changes {
  const told: Change[] = [];
  const standingsTold = new Map<string, Standing>();
  const silent = new Map<string, Standing>();
  for (const [pipeline, result] of Object.entries(results)) {
    const now = result === null ? undefined : standings[result.status];
    const before = known.get(pipeline);
    if (result === null || now === undefined || now === before || !about.has(pipeline)) continue;
    const occasion = occasionsOf(before, now).find((one) => on.includes(one));
    if (occasion !== undefined) told.push({ pipeline, occasion, before, result });
    (occasion === undefined ? silent : standingsTold).set(pipeline, now);
  }
  return { told, standings: standingsTold, silent };
}

/** What a change may be told as, first of all as the first. */
function occasionsOf(before: string | undefined, now: Standing): readonly Occasion[] {
  if (now !== 'succeeded') return [now];
  return before === undefined ? ['succeeded'] : ['recovered', 'succeeded'];
}
