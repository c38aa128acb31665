import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { type Diagnostic, ConfigError } from './diagnostics.ts';
import type { LoadOptions } from './document.ts';

type Variables = { readonly [name: string]: string | undefined };

/** A `${…}` that could not be replaced. */
export interface Unresolved {
  readonly code: 'config/unset_variable' | 'config/variable_syntax' | 'config/file_reference';
  /** Its text, as it is written. */
  readonly text: string;
  readonly message: string;
  readonly help: string;
}

export interface Expansion {
  readonly text: string;
  /** True when the text was one `${…}` and nothing else. */
  readonly whole: boolean;
  readonly unresolved: readonly Unresolved[];
}

/** Adds the variables of the `.env` file to those of the environment, which win. */
export async function readVariables(options: LoadOptions, configFile: string): Promise<Variables> {
  const named = options.environmentFile;
  const file = named === undefined ? path.join(path.dirname(configFile), '.env') : path.resolve(options.directory, named);
  // A folder named `.env` is common too (Python keeps virtual environments there).
  const exists = statSync(file, { throwIfNoEntry: false })?.isDirectory() === false;
  if (!exists && named === undefined) return options.environment;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([unreadableFile(file, cause)]);
  }
  return Object.assign(Object.create(null), parseEnv(text.replace(/^\uFEFF/, '')), options.environment);
}

function unreadableFile(file: string, cause: unknown): Diagnostic {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return {
    severity: 'error',
    code: 'config/unreadable',
    path: '',
    message: `the environment file ${file} cannot be read: ${reason}`,
    help: 'name a file with lines such as NAME=value, or leave the flag out',
  };
}

/** Replaces `${…}` in scalars, and remembers which values came from files. */
export class Expander {
  readonly secretValues = new Set<string>();
  readonly #variables: Variables;
  readonly #directory: string;

  /** `${file:…}` is relative to `directory`. */
  constructor(variables: Variables, directory: string) {
    this.#variables = variables;
    this.#directory = directory;
  }

  expand(text: string): Expansion {
    const unresolved: Unresolved[] = [];
    const expanded = this.#expand(text, unresolved);
    const whole = text.startsWith('${') && closingBrace(text, 2) === text.length - 1;
    return { text: expanded, whole, unresolved };
  }

  #expand(text: string, unresolved: Unresolved[]): string {
    let result = '';
    let at = 0;
    for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', at)) {
      if (open > at && text[open - 1] === '$') {
        result += `${text.slice(at, open - 1)}\${`;
        at = open + 2;
        continue;
      }
      const close = closingBrace(text, open + 2);
      if (close < 0) {
        unresolved.push(wrongSyntax(text.slice(open), 'has no closing brace'));
        return result;
      }
      result += text.slice(at, open) + this.#replace(text.slice(open, close + 1), unresolved);
      at = close + 1;
    }
    return result + text.slice(at);
  }

  /** The value of one `${…}`. */
  #replace(text: string, unresolved: Unresolved[]): string {
    const inside = text.slice(2, -1);
    if (inside.startsWith('file:')) return this.#readSecret(text, this.#expand(inside.slice(5), unresolved), unresolved);
    const [, name, operator, rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:[-?])(.*))?$/s.exec(inside) ?? [];
    if (name === undefined) {
      unresolved.push(wrongSyntax(text, 'is not a variable'));
      return '';
    }
    const value = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined;
    // As in a shell: with `:-` and `:?` an empty variable counts as unset.
    if (operator === undefined ? value !== undefined : value) return value ?? '';
    if (operator === ':-') return this.#expand(rest, unresolved);
    unresolved.push(unsetVariable(text, name, rest, value));
    return '';
  }

  #readSecret(text: string, name: string, unresolved: Unresolved[]): string {
    const file = path.resolve(this.#directory, name);
    try {
      const value = readSmallFile(file).replace(/\r?\n$/, '');
      if (value !== '') this.secretValues.add(value);
      return value;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      unresolved.push({
        code: 'config/file_reference',
        text,
        message: `${file} cannot be read: ${reason}`,
        help: 'paths in ${file:…} are relative to the folder of the config',
      });
      return '';
    }
  }
}

/** Reads a secret: devices, pipes and files of more than 1 MB are none. */
function readSmallFile(file: string): string {
  const stats = statSync(file);
  if (!stats.isFile()) throw new Error('it is not a file');
  if (stats.size > 1_000_000) throw new Error(`it has ${stats.size} bytes, and 1000000 is the most`);
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}

/** The place of the brace that closes what was opened just before `from`; -1 when there is none. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function wrongSyntax(text: string, what: string): Unresolved {
  return {
    code: 'config/variable_syntax',
    text,
    message: `${JSON.stringify(text)} ${what}`,
    help: 'write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}; for the text itself write $${',
  };
}

function unsetVariable(text: string, name: string, message: string, value: string | undefined): Unresolved {
  const state = value === undefined ? 'not set' : 'empty';
  return {
    code: 'config/unset_variable',
    text,
    message: `the variable ${name} is ${state}${message === '' ? '' : `: ${message}`}`,
    help: `set ${name} in the environment or in .env beside the config, or give a default: \${${name}:-…}`,
  };
}
