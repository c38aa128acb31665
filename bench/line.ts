import type { Measured } from './process.ts';

/** Prints what was measured, and its ratio to what was measured beside it. */
export function line(what: string, { seconds, megabytes }: Measured, count: number, beside?: Measured): void {
  const speed = `${Math.round(count / seconds / 1000)}k rows/s`;
  const ratio = beside ? `${Math.round((beside.seconds / seconds) * 100)} % of the baseline` : '';
  console.log(
    `${what.padEnd(38)} ${seconds.toFixed(1).padStart(6)} s ${speed.padStart(12)} ${megabytes.toFixed(0).padStart(5)} MB  ${ratio}`,
  );
}
