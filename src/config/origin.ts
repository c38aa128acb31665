import { dirname, relative } from 'node:path';
import { isWritten, mergeDefaults, writtenAt } from './defaults.ts';
import { type ConfigPath, type Document, sayPath, toPointer } from './document.ts';

/**
 * Where a value of the effective config comes from, in a few words: `sync.config.yaml:12`, `${TOKEN}`,
 * `defaults.pipeline (sync.config.yaml:5)`, or `default`.
 */
export function originOf(path: ConfigPath, value: unknown, document: Document): string {
  const written = writtenPath(path, value, document);
  if (written === undefined) return 'default';
  const variable = document.fromEnvironment.has(toPointer(written))
    ? sourceText(written, document)
    : undefined;
  if (variable !== undefined) return variable;
  const origin = document.origin(written);
  const place = origin === undefined ? '' : `${relative(dirname(document.file), origin.file)}:${origin.line}`;
  return written[0] === 'defaults' ? `${sayPath(written.slice(0, 2))} (${place})` : place;
}

/** The path itself, in `defaults`, or of the short form that stands for it. */
function writtenPath(path: ConfigPath, value: unknown, document: Document): ConfigPath | undefined {
  // Merged, because a `null` may have removed what `defaults` has at this path.
  const merged = mergeDefaults(document.value);
  if (isWritten(merged, path)) return writtenAt(document.value, path);
  const shortForm = path.slice(0, -1);
  return valueAt(merged, shortForm) === value ? writtenAt(document.value, shortForm) : undefined;
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (at, step) => (at as { readonly [step: string | number]: unknown } | undefined)?.[step],
    value,
  );
}

function sourceText(path: ConfigPath, document: Document): string | undefined {
  const span = document.span(path);
  return span?.text.slice(span.start, span.end).replace(/^["']|["']$/g, '');
}
