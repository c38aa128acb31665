import type { ErrorCode } from '../model/codes.ts';

/** Something to say about the config: an error stops everything, a warning is printed. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  /** Where in the config, as a person would say it: `sources.crm.type`; empty for the file as a whole. */
  readonly path: string;
  /** What was found and what was expected, without code, path or help. */
  readonly message: string;
  /** What to do next. */
  readonly help?: string;
  /** The text that is wrong; undefined when no file was found. */
  readonly span?: Span;
  /** A second place that belongs to the first: `it is already here`. */
  readonly other?: { readonly message: string; readonly span: Span };
}

/** A piece of a file: offsets in UTF-16 units, end exclusive. */
export interface Span {
  readonly file: string;
  /** The whole text of that file. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Thrown when the config cannot be used; holds everything that is wrong with it, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => `${diagnostic.path}: ${diagnostic.message}`).join('\n'));
    this.diagnostics = diagnostics;
  }
}
