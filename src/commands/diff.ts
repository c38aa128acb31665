import { openJournals } from '../engine/journals.ts';
import type { JournaledChanges, RowChange } from '../model/changes.ts';
import { SyncError } from '../model/errors.ts';
import { showJson } from '../model/json.ts';
import { changeLines } from '../tui/changes.ts';
import { count } from '../tui/numbers.ts';
import { openConfig, type Shell } from './shell.ts';

/** Shows what a run changed, as its journals have it, while it is read. */
export async function diff(shell: Shell, run: string): Promise<void> {
  const journals = openJournals(await openConfig(shell));
  const printed = shell.output === 'table' ? new TableDiff(shell) : new JsonDiff(shell);
  try {
    let found = false;
    for (const { config, journal } of await journals.all())
      for await (const batch of journal.changes(run)) {
        found = true;
        printed.add(`${config.name}.${batch.target}`, batch);
      }
    if (!found)
      throw new SyncError('undo/unknown', `no journal holds what run ${run} changed`, {
        hint: 'Those that are held: syncline runs',
      });
    printed.end(run);
  } finally {
    await journals.close();
  }
}

class TableDiff {
  readonly #shell: Shell;
  readonly #counts = { insert: 0, update: 0, delete: 0 };
  #title = '';

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  add(to: string, { pipeline, changes }: JournaledChanges): void {
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

  add(to: string, { pipeline, at, changes }: JournaledChanges): void {
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
