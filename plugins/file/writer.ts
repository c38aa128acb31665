import { basename, dirname, join } from 'node:path';
import type { Committed, RowBatch, Target, TargetRequest, Writer } from 'syncline';
import { printRows, type RowPrinter, type RowsFormat, widenCsv } from 'syncline/formats';
import { AsideFile, writing } from './aside.ts';
import { exists } from './exists.ts';
import { asideOf, makeFolder, placeOf, sweepAsides } from './place.ts';

export interface FileOptions {
  /** Absolute. */
  readonly dir: string;
  readonly format: RowsFormat;
  readonly formulas: 'escape' | 'keep';
}

/** Rows of one header: in csv each set aside begins with its header row. */
interface Segment {
  readonly header: readonly string[];
  readonly start: number;
  rows: number;
}

/** Opens a writer that sets the rows of one target aside until they are complete. `number` is its own in the run. */
export async function openWriter(
  options: FileOptions,
  request: TargetRequest,
  number: number,
): Promise<Writer> {
  const { path, format } = placeOf(options.dir, request.name, request.mode, options.format);
  const isPart = request.mode === 'append';
  const folder = isPart ? path : dirname(path);
  await writing(folder, () => makeFolder(options.dir, folder, request.name));
  await writing(folder, () =>
    sweepAsides(folder, (name) => (isPart ? name.startsWith('part-') : name === basename(path))),
  );
  const name = isPart ? `part-${request.run.id}.${format}` : basename(path);
  const open = (to: string) => AsideFile.create(asideOf(folder, to, request.run.id, number));
  const final = () => (isPart ? freePart(folder, request.run.id, format) : Promise.resolve(path));
  return new FileWriter(await open(name), {
    format,
    formulas: options.formulas,
    isPart,
    final,
    again: () => open(`wide-${name}`),
  });
}

/** The run's next part file: one run may append to a target from several pipelines. */
async function freePart(folder: string, run: string, format: RowsFormat): Promise<string> {
  for (let number = 1; ; number++) {
    const path = join(folder, `part-${run}${number === 1 ? '' : `-${number}`}.${format}`);
    if (!(await writing(path, () => exists(path)))) return path;
  }
}

interface Destination {
  readonly format: RowsFormat;
  readonly formulas: 'escape' | 'keep';
  readonly isPart: boolean;
  /** The path the file gets when it is complete. */
  readonly final: () => Promise<string>;
  /** A second file, to print the first one's rows again. */
  readonly again: () => Promise<AsideFile>;
}

class FileWriter implements Writer {
  readonly #destination: Destination;
  readonly #segments: Segment[] = [];
  #file: AsideFile;
  #target: Target | undefined;
  #printer: RowPrinter | undefined;
  #rows = 0;

  constructor(file: AsideFile, destination: Destination) {
    this.#file = file;
    this.#destination = destination;
  }

  async commit({ target, rows }: RowBatch): Promise<Committed> {
    const printer = this.#printerFor(target);
    const segment = this.#segmentFor(printer.header);
    const before = this.#destination.format === 'csv' ? segment.rows : this.#rows;
    await this.#file.append(printer.print(rows, before));
    segment.rows += rows.length;
    this.#rows += rows.length;
    return { inserted: rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0, schema_changes: [] };
  }

  async complete(): Promise<void> {
    // Nothing was added: a part without rows would only be in the way.
    if (this.#destination.isPart && this.#rows === 0) return;
    if (this.#destination.format === 'csv' && this.#segments.length > 1) await this.#widen();
    const end = this.#printer?.end(this.#rows) ?? (this.#destination.format === 'json' ? '[]\n' : '');
    await this.#file.append(end);
    await this.#file.publish(await this.#destination.final());
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #printerFor(target: Target): RowPrinter {
    if (this.#printer === undefined || this.#target !== target) {
      this.#printer = printRows(this.#destination.format, target, { formulas: this.#destination.formulas });
      this.#target = target;
    }
    return this.#printer;
  }

  #segmentFor(header: readonly string[]): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && sameNames(last.header, header)) return last;
    const segment = { header, start: this.#file.size, rows: 0 };
    // One that has no rows has no text either.
    if (last?.rows === 0) this.#segments.pop();
    this.#segments.push(segment);
    return segment;
  }

  /** Columns were added on the way: prints the rows again, all under the last header. */
  async #widen(): Promise<void> {
    const narrow = this.#file;
    const header = this.#segments.at(-1)?.header ?? [];
    this.#file = await this.#destination.again();
    try {
      await this.#file.append(this.#printer?.end(0) ?? '');
      for (const [index, segment] of this.#segments.entries()) {
        if (segment.rows === 0) continue;
        const end = this.#segments[index + 1]?.start ?? narrow.size;
        const texts = widenCsv(narrow.read(segment.start, end), segment.header, header);
        for await (const text of texts) await this.#file.append(text);
      }
    } finally {
      await narrow.close();
    }
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, place) => name === b[place]);
}
