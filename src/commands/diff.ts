import { changesOf, type ToldChanges } from '../engine/journals.ts';
import type { RowChange } from '../model/changes.ts';
import { showJson } from '../model/json.ts';
import { changeLines } from '../tui/changes.ts';
import { count } from '../tui/numbers.ts';
import { openConfig, type Shell } from './shell.ts';

/** Shows what a run changed, as its journals have it, while it is read. */
export async function diff(shell: Shell, run: string): Promise<void> {
  const config = await openConfig(shell);
  const printed = shell.output === 'table' ? new TableDiff(shell) : new JsonDiff(shell);
  for await (const batch of changesOf(config, run)) printed.add(batch);
  printed.end(run);
}

class TableDiff {
  readonly #shell: Shell;
  readonly #counts = { insert: 0, update: 0, delete: 0 };
  #title = '';

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  add({ pipeline, to, changes }: ToldChanges): void {
    const { look, print } = this.#shell;
    const title = `${pipeline} ${look.unicode ? '→' : '->'} ${to}`;
    if (title !== this.#title && changes.length > 0) print(`${title}\n`);
    if (changes.length > 0) this.#title = title;
    for (const change of changes) this.#counts[change.kind] += 1;
    const lines = changes.flatMap((change) => changeLines(change, look, false));
    print(lines.map((line) => `${line}\n`).join(''));
  }

  end(run: string): void {
    const { insert, update, delete: deleted } = this.#counts;
    this.#shell.print(
      `Run ${run}: ${count(insert)} created, ${count(update)} updated, ${count(deleted)} deleted.\n`,
    );
  }
}

/** An item a line; under `json` they make one list. */
class JsonDiff {
  readonly #shell: Shell;
  #first = true;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  add({ pipeline, to, at, changes }: ToldChanges): void {
    for (const change of changes) this.#item({ pipeline, to, at, ...plain(change) });
  }

  end(): void {
    if (this.#shell.output === 'json') this.#shell.print(this.#first ? '[]\n' : ']\n');
  }

  #item(item: object): void {
    const { output, print, redact } = this.#shell;
    const line = `${showJson(item, redact)}\n`;
    print(output === 'json' ? `${this.#first ? '[' : ','}${line}` : line);
    this.#first = false;
  }
}

function plain({ kind, key, fields }: RowChange): object {
  return { kind, key: Object.fromEntries(key), fields };
}
