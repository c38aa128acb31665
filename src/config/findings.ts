import type { ErrorCode } from '../model/codes.ts';
import { SyncError } from '../model/errors.ts';
import { writtenAt } from './defaults.ts';
import type { Diagnostic } from './diagnostics.ts';
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
  readonly #document: Document;
  readonly #found = new Map<string, Diagnostic>();
  readonly #paths: ConfigPath[] = [];

  constructor(document: Document) {
    this.#document = document;
  }

  get errors(): readonly Diagnostic[] {
    return this.all.filter(({ severity }) => severity === 'error');
  }

  get warnings(): readonly Diagnostic[] {
    return this.all.filter(({ severity }) => severity === 'warning');
  }

  get all(): readonly Diagnostic[] {
    return [...this.#found.values()];
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

  /** A mistake in `defaults` shows in every entry, and is told once, where it is written. */
  #add(severity: Diagnostic['severity'], { path, what, code, message, help }: Finding): void {
    const written = writtenAt(this.#document.value, path);
    const said = sayPath(written);
    const span = this.#document.span(written, what ?? 'value');
    const key = [severity, code, said, message].join('\0');
    if (!this.#found.has(key)) this.#found.set(key, { severity, code, path: said, message, help, span });
  }
}
