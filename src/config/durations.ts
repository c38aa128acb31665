import { durationPattern, parseDuration } from '../model/duration.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';

/** The schema of an option that is a duration. */
export const durationSchema = {
  type: 'string',
  pattern: durationPattern,
  patternErrorMessage: 'A duration is a number and a unit: `500ms 30s 15m 6h 7d 2w 3mo`.',
} as const;

/** The milliseconds of text that the schema found to be a duration; one beyond all use is told. */
export function resolveDuration(value: unknown, path: ConfigPath, findings: Findings): number | undefined {
  if (typeof value !== 'string' || findings.touches(path)) return undefined;
  const milliseconds = parseDuration(value);
  if (milliseconds === undefined) {
    const message = `${value} is too long: the most is 1000 years`;
    findings.error({ path, code: 'config/limit', message });
  }
  return milliseconds;
}
