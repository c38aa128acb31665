import { statSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, type Diagnostic } from './diagnostics.ts';
import type { LoadOptions } from './document.ts';
import { readTextFile } from './text-file.ts';

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
export function readVariables(options: LoadOptions, configFile: string): Variables {
  const named = options.environmentFile;
  const file =
    named === undefined
      ? path.join(path.dirname(configFile), '.env')
      : path.resolve(options.directory, named);
  // Without being named it may be missing, or be a folder: Python keeps virtual environments in `.env`.
  const wanted = named !== undefined || statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!wanted) return options.environment;
  const read = readTextFile(file);
  if ('problem' in read) throw new ConfigError([cannotRead(file, read.reason)]);
  return Object.assign(Object.create(null), parseEnv(read.text), options.environment);
}

function cannotRead(file: string, reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'config/unreadable',
    path: '',
    message: `the environment file ${file} cannot be read: ${reason}`,
    help: 'It is a file of lines such as NAME=value.',
  };
}

/** How deep a `${…}` may lie in the defaults of others. */
const maxDepth = 10;

/** Replaces `${…}` in scalars, and remembers which values came from files. */
export class Expander {
  readonly secretValues = new Set<string>();
  /** The values of all variables that were used. */
  readonly variableValues = new Set<string>();
  /** The names of the variables that are read. */
  readonly variables = new Set<string>();
  readonly #values: Variables;
  readonly #directory: string;

  /** `${file:…}` is relative to `directory`. */
  constructor(variables: Variables, directory: string) {
    this.#values = variables;
    this.#directory = directory;
  }

  expand(text: string): Expansion {
    const unresolved: Unresolved[] = [];
    const expanded = this.#expand(text, unresolved);
    const whole = text.startsWith('${') && closingBrace(text, 2) === text.length - 1;
    return { text: expanded, whole, unresolved };
  }

  #expand(text: string, unresolved: Unresolved[], depth = 0): string {
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
      result += text.slice(at, open) + this.#replace(text.slice(open, close + 1), unresolved, depth);
      at = close + 1;
    }
    return result + text.slice(at);
  }

  /** The value of one `${…}`. */
  #replace(text: string, unresolved: Unresolved[], depth: number): string {
    const inside = text.slice(2, -1);
    if (depth > maxDepth) {
      unresolved.push(wrongSyntax(text, `is nested more than ${maxDepth} deep`));
      return '';
    }
    if (inside.startsWith('file:')) {
      const told = unresolved.length;
      const file = this.#expand(inside.slice('file:'.length), unresolved, depth + 1);
      return unresolved.length > told ? '' : this.#readSecret(text, file, unresolved);
    }
    const [, name, operator, rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:[-?])(.*))?$/s.exec(inside) ?? [];
    if (name === undefined) {
      unresolved.push(wrongSyntax(text, 'is not a variable'));
      return '';
    }
    this.variables.add(name);
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    // As in a shell: with `:-` and `:?` an empty variable counts as unset.
    if (value !== undefined && (operator === undefined || value !== '')) {
      this.variableValues.add(value);
      return value;
    }
    if (operator === ':-') return this.#expand(rest, unresolved, depth + 1);
    unresolved.push(unsetVariable(text, name, rest, value));
    return '';
  }

  #readSecret(text: string, name: string, unresolved: Unresolved[]): string {
    const file = path.resolve(this.#directory, name);
    const read = readTextFile(file);
    if ('problem' in read) {
      unresolved.push({
        code: 'config/file_reference',
        text,
        message: `${file} cannot be read: ${read.reason}`,
        help: `The path in \${file:…} is relative to the folder of the config.`,
      });
      return '';
    }
    const value = read.text.replace(/\r?\n$/, '');
    if (value !== '') this.secretValues.add(value);
    return value;
  }
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
  // What was never closed goes on to the end of the value, which may be many lines away.
  const [line = ''] = text.split('\n');
  const short = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return {
    code: 'config/variable_syntax',
    text: line,
    message: `${JSON.stringify(short)} ${what}`,
    help: `Write \${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH}; for the text \${ itself write $\${ in its place.`,
  };
}

function unsetVariable(text: string, name: string, message: string, value: string | undefined): Unresolved {
  const state = value === undefined ? 'not set' : 'empty';
  return {
    code: 'config/unset_variable',
    text,
    message: `the variable ${name} is ${state}${message === '' ? '' : `: ${message}`}`,
    help: `Set ${name} in the environment or in .env beside the config, or give a default: \${${name}:-…}`,
  };
}
