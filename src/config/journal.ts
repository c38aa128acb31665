import { isFields } from './defaults.ts';
import { durationSchema, resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';

/** How long sinks keep what runs changed. */
export interface JournalConfig {
  /** Milliseconds; 0 keeps nothing. */
  readonly keep: number;
  /** Bytes, in each sink. */
  readonly max: number;
}

const defaults = { keep: '14d', max: '1gb' };

export const journalSchema = {
  type: 'object',
  additionalProperties: false,
  description:
    'How long SQL sinks keep what each run changed, so that `syncline undo` can take it back. The oldest runs go first.',
  examples: [{ keep: '30d', max: '4gb' }],
  properties: {
    keep: {
      ...durationSchema,
      default: defaults.keep,
      description: 'Runs that ended longer ago can no longer be undone. `0s` keeps nothing at all.',
      examples: ['30d'],
    },
    max: {
      type: 'string',
      pattern: '^[0-9]{1,6}(kb|mb|gb)$',
      patternErrorMessage: 'A size is a whole number and a unit: `64kb 512mb 4gb`.',
      default: defaults.max,
      description: 'So much is kept in each sink. A run that is larger by itself cannot be undone.',
      examples: ['4gb'],
    },
  },
} as const;

export function resolveJournal(value: unknown, findings: Findings): JournalConfig {
  const { keep = defaults.keep, max = defaults.max } = isFields(value) ? value : {};
  return {
    keep: resolveDuration(keep, ['journal', 'keep'], findings) ?? 0,
    max: sizeOf(String(max)),
  };
}

const units: { readonly [unit: string]: number } = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

function sizeOf(text: string): number {
  return Number.parseInt(text, 10) * (units[text.slice(-2)] ?? 0);
}

/** As it is written in a config. */
export function printSize(bytes: number): string {
  const unit = ['gb', 'mb'].find((name) => bytes % (units[name] ?? 1) === 0 && bytes > 0) ?? 'kb';
  return `${bytes / (units[unit] ?? 1)}${unit}`;
}
