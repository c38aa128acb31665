import { createClock } from './zone.ts';

export const periods = ['hour', 'day', 'week', 'month'] as const;
export type Period = (typeof periods)[number];

const day = 86_400;

/**
 * The period an instant (ISO 8601) falls into, by the clocks of a zone: `2026-11-22T13`, `2026-11-22`, `2026-W47` (as
 * ISO 8601 counts weeks), `2026-11`. Throws a SyncError `config/value` for a name that is no IANA zone.
 */
export function periodOf(instant: string, period: Period, timezone: string): string {
  const local = createClock(timezone)(Math.floor(Date.parse(instant) / 1000));
  const text = (seconds: number) => new Date(seconds * 1000).toISOString();
  switch (period) {
    case 'hour':
      return text(local).slice(0, 13);
    case 'day':
      return text(local).slice(0, 10);
    case 'month':
      return text(local).slice(0, 7);
    case 'week': {
      // A week belongs to the year that its Thursday is in.
      const weekday = (new Date(local * 1000).getUTCDay() + 6) % 7;
      const thursday = local + (3 - weekday) * day;
      const year = text(thursday).slice(0, 4);
      const week = Math.floor((thursday - Date.parse(`${year}-01-01`) / 1000) / day / 7) + 1;
      return `${year}-W${String(week).padStart(2, '0')}`;
    }
  }
}
