import { ConfigError } from '../config/diagnostics.ts';
import { placeAt } from '../config/place.ts';
import { SyncError } from '../model/errors.ts';

/** What went wrong in lines for people: of a config all that is wrong with it, each with its place. */
export function messagesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError)
    return error.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ span, path, message, code }) => {
        const place = span && placeAt(span, span.start);
        const where = place === undefined ? '' : ` (${place.file}:${place.line}:${place.column})`;
        return `${path === '' ? '' : `${path}: `}${message}  [${code}]${where}`;
      });
  if (error instanceof SyncError) return [`${error.message}  [${error.code}]`];
  return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
}
