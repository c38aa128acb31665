import type { ErrorCode } from '../model/codes.ts';
import { SyncError } from '../model/errors.ts';
import { redactor } from '../model/redact.ts';
import { writtenAt } from './defaults.ts';
import type { Diagnostic, Span } from './diagnostics.ts';
import { type ConfigPath, type Document, sayPath } from './document.ts';

/** One thing to say of the config, before it has its place in the file. */
export interface Finding {
  readonly path: ConfigPath;
  /** Whether the key or the value is wrong; by default the value. */
  readonly what?: 'key' | 'value';
  readonly code: ErrorCode;
  readonly message: string;
  readonly help?: string;
}

/** Collects what is wrong with a config, so that all of it is told at once. */
export class Findings {
  /** Values that must never be printed; more may become known while the config is checked. */
  readonly secrets: Set<string>;
  readonly #document: Document;
  #found = new Map<string, Diagnostic>();
  #sorted = 0;
  readonly #paths: ConfigPath[] = [];

  constructor(document: Document) {
    this.#document = document;
    this.secrets = new Set(document.secretValues);
  }

  get errors(): readonly Diagnostic[] {
    return this.#ofSeverity('error');
  }

  get warnings(): readonly Diagnostic[] {
    return this.#ofSeverity('warning');
  }

  /** Puts what was found since the last call in the order of the files, behind what was found before. */
  sort(): void {
    const found = [...this.#found];
    const { files } = this.#document;
    const later = found.splice(this.#sorted).sort(([, { span: a }], [, { span: b }]) => {
      if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
      return files.indexOf(a.file) - files.indexOf(b.file) || a.start - b.start;
    });
    this.#found = new Map([...found, ...later]);
    this.#sorted = this.#found.size;
  }

  error(finding: Finding): void {
    this.#add('error', finding);
    this.#paths.push(finding.path);
  }

  warning(finding: Finding): void {
    this.#add('warning', finding);
  }

  /** What `act` gives; undefined when it threw a SyncError, which is then a finding at `path`. */
  attempt<Result>(path: ConfigPath, act: () => Result): Result | undefined {
    try {
      return act();
    } catch (error) {
      this.thrown(path, error);
      return undefined;
    }
  }

  /** Makes a finding of what was thrown; anything but a SyncError is a bug, and thrown on. */
  thrown(path: ConfigPath, error: unknown, help?: string): void {
    if (!(error instanceof SyncError)) throw error;
    this.error({ path, code: error.code, message: error.message, help: help ?? error.hint });
  }

  /** True when an error was found at this path or below it. */
  touches(path: ConfigPath): boolean {
    return this.#paths.some((found) => path.every((step, index) => found[index] === step));
  }

  /** Text without the secrets known by now; what is no text stays as it is. */
  redact<Value>(value: Value): Value | string {
    return typeof value === 'string' ? redactor(this.secrets)(value) : value;
  }

  /** Redacted once all secrets are known: one may be named before the option it stands in. */
  #ofSeverity(wanted: Diagnostic['severity']): readonly Diagnostic[] {
    const redact = redactor(this.secrets);
    // In the text of a file each character keeps its place, for the lines and columns.
    const mask = redactor(this.secrets, (found) => found.replace(/[^\n]/g, '•'));
    const masked = new Map<string, string>();
    const maskSpan = (span: Span): Span => {
      const text = masked.get(span.text) ?? mask(span.text);
      masked.set(span.text, text);
      return { ...span, text };
    };
    return [...this.#found.values()]
      .filter(({ severity }) => severity === wanted)
      .map((diagnostic) => ({
        ...diagnostic,
        message: redact(diagnostic.message),
        help: diagnostic.help && redact(diagnostic.help),
        span: diagnostic.span && maskSpan(diagnostic.span),
      }));
  }

  /** A mistake in `defaults` shows in every entry, and is told once, where it is written. */
  #add(severity: Diagnostic['severity'], { path, what, code, message, help }: Finding): void {
    const written = writtenAt(this.#document.value, path);
    const said = sayPath(written);
    const span = this.#document.span(written, what ?? 'value');
    const key = [severity, code, said, message].join('\0');
    if (!this.#found.has(key)) this.#found.set(key, { severity, code, path: said, message, help, span });
  }
}
