import { placeholdersIn } from '../plugin/placeholders.ts';
import { dateFormat } from '../transform/date-format.ts';
import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';

/** Refuses `{window.…}` where the range that is read has no beginning, and what is no format of a date. */
export function checkWindowPlaceholders(
  options: Fields,
  incremental: unknown,
  path: ConfigPath,
  findings: Findings,
): void {
  const { initial } = isFields(incremental) ? incremental : {};
  const isTime = initial !== undefined && !/^-?[0-9]+([.][0-9]+)?$/.test(String(initial));
  for (const { placeholder, place } of placeholdersIn(options)) {
    if (placeholder.kind !== 'window') continue;
    const { edge, format } = placeholder;
    const at = [...path, ...place];
    if (format !== undefined) findings.attempt(at, () => dateFormat(format));
    if (isTime || findings.touches([...path, 'incremental'])) continue;
    findings.error({
      path: at,
      code: 'config/value',
      message:
        incremental === undefined
          ? `{window.${edge}} is of the range that is read, and the stream is not incremental`
          : `{window.${edge}} needs to know the time where the first range begins`,
      help: 'Give the stream an `incremental` with an `initial`, a date or a time before the run: `incremental: { cursor_field: day, initial: -90d }`.',
    });
  }
}
