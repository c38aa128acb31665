import { hostname } from 'node:os';
import { count } from '../model/plural.ts';
import type { RunResult } from '../model/result.ts';
import type { Change } from './changes.ts';

/** A run that has ended, or whose process died. */
export interface EndedRun {
  readonly runId: string;
  readonly status: RunResult['status'] | 'running';
  readonly startedAt: string;
  readonly finishedAt?: string;
}

/** What webhooks and commands get, as JSON. `version` grows when a field is taken away or changes its meaning. */
export function documentOf({ runId, status, startedAt, finishedAt }: EndedRun, changes: readonly Change[]) {
  return {
    type: 'pipelines.changed',
    version: 1,
    timestamp: new Date().toISOString(),
    data: {
      host: hostname(),
      run: { id: runId, status, startedAt, finishedAt: finishedAt ?? null },
      pipelines: changes.map(({ pipeline, occasion, before, result }) => {
        const { error, reason, resumeAt, read, inserted, updated, deleted, rejected } = result;
        return {
          name: pipeline,
          change: occasion,
          before: before ?? null,
          status: result.status,
          counts: { read, inserted, updated, deleted, rejected },
          error: error ?? null,
          reason: reason ?? null,
          resumeAt: resumeAt ?? null,
        };
      }),
    },
  };
}

/** Slack takes more, but nobody reads it. */
const longestText = 3500;

/** The same for people, as Slack takes it: `&`, `<` and `>` would begin links and mentions. */
export function slackText({ runId }: EndedRun, changes: readonly Change[]): string {
  const lines = changes.flatMap((change) => [firstLine(change), ...hintOf(change)]);
  const text = [`Syncline on ${hostname()}, run ${runId}`, ...lines].join('\n').toWellFormed();
  const short = text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}…` : text;
  return short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function firstLine({ pipeline, occasion, before, result }: Change): string {
  const mark = { failed: '✗', partial: '!', recovered: '✓', succeeded: '✓' }[occasion];
  const was = occasion === 'recovered' ? ` (it was ${before})` : '';
  const { status, read, inserted, updated, deleted, rejected, error } = result;
  const counted = `${count(read)} read, ${count(inserted)} inserted, ${count(updated)} updated, ${count(deleted)} deleted, ${count(rejected)} rejected`;
  const found = status === 'interrupted' ? 'interrupted: its process died' : (error?.message ?? counted);
  return `${mark} ${pipeline} ${occasion}${was}: ${found}${error === undefined ? '' : ` [${error.code}]`}`;
}

function hintOf({ result: { error } }: Change): string[] {
  return error?.hint === undefined ? [] : [`    ${error.hint}`];
}
