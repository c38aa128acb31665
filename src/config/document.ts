import type { Diagnostic, Span } from './diagnostics.ts';

/** Keys and list indexes, from the top of the config down. */
export type ConfigPath = readonly (string | number)[];

/** The config as one value: files merged, anchors and `<<` resolved, `${…}` expanded; not yet checked by any schema. */
export interface Document {
  /** The absolute path of the file that was found. */
  readonly file: string;
  /** That file and those it includes, absolute. */
  readonly files: readonly string[];
  /**
   * Plain data: every map has no prototype, so that a key such as `__proto__` is an own key like any other. Whole
   * numbers beyond 2^53 are `bigint`.
   */
  readonly value: unknown;
  /** Where the node at a path is written; where there is none, its nearest ancestor. */
  span(path: ConfigPath, what?: 'key' | 'value'): Span | undefined;
  /** JSON pointers of scalars that came whole from one `${…}`: their text takes the type the schema asks for. */
  readonly fromEnvironment: ReadonlySet<string>;
  /** Where the value at a path begins. Lines and columns count from 1. */
  origin(
    path: ConfigPath,
  ): { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The variable SYNCLINE_KEY, where it is set. */
  readonly key?: string;
  /** The values that came from `${file:…}`, and the key. */
  readonly secretValues: ReadonlySet<string>;
  /** The values of the variables that were used: what of them is a secret, only the schemas know. */
  readonly variableValues: ReadonlySet<string>;
  /** The names of the variables it reads. */
  readonly variables: ReadonlySet<string>;
  readonly warnings: readonly Diagnostic[];
}

export interface LoadOptions {
  /** The config's path, relative to `directory`; without it the config is searched from `directory` upwards. */
  readonly file?: string;
  readonly directory: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Relative to `directory`; without it, `.env` beside the config, where there is one. */
  readonly environmentFile?: string;
}

/** The JSON pointer of a path: `/sources/crm/type`. */
export function toPointer(path: ConfigPath): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A path as a person would say it: `sources.crm.streams."a.b"`, `pipelines.x.tags[0]`. */
export function sayPath(path: ConfigPath): string {
  return path.map((step, index) => sayStep(step, index === 0)).join('');
}

function sayStep(step: string | number, first: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  const name = /^[^\s.[\]"]+$/.test(step) ? step : JSON.stringify(step);
  return first ? name : `.${name}`;
}
