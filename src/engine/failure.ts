import { SyncError } from '../model/errors.ts';
import type { Failure } from '../model/result.ts';

/** Writes down all that is known of a bug, and says where. */
export type ReportBug = (error: unknown) => Promise<string>;

/** An error as it is shown and stored. What is no `SyncError` is a bug, of Syncline or of a plugin. */
export async function toFailure(error: unknown, reportBug: ReportBug | undefined): Promise<Failure> {
  if (error instanceof SyncError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const report = await reportBug?.(error);
  return { code: 'internal/bug', message, hint: report && `Crash report: ${report}` };
}
