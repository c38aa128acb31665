import { SyncError } from '../model/errors.ts';
import type { Redact } from '../model/redact.ts';
import type { Failure } from '../model/result.ts';

/** Writes down all that is known of a bug, and says where. */
export type ReportBug = (error: unknown) => Promise<string>;

/** An error as it is shown and stored. What is no `SyncError` is a bug of Syncline. */
export async function toFailure(
  error: unknown,
  redact: Redact,
  reportBug: ReportBug | undefined,
): Promise<Failure> {
  const { code, message, hint } = await describe(error, reportBug);
  return { code, message: redact(message), hint: hint && redact(hint) };
}

async function describe(error: unknown, reportBug: ReportBug | undefined): Promise<Failure> {
  if (error instanceof SyncError) {
    const { code, message, hint } = error;
    // The author of the plugin needs its stack, which a person at the terminal does not.
    const report = code === 'plugin/failed' ? await reportBug?.(error) : undefined;
    return { code, message, hint: report === undefined ? hint : `Its stack: ${report}` };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const report = await reportBug?.(error);
  return { code: 'internal/bug', message, hint: report && `Crash report: ${report}` };
}
