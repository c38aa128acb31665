import {
  type Batch,
  type Calls,
  defineSource,
  type PluginContext,
  type ReadRequest,
  SyncError,
} from 'syncline';
import { type OpenContext, openClient } from 'syncline/http';
import { columnNames, headOf, isBlank, written } from './header.ts';
import { options } from './options.ts';
import { type SheetValue, Spreadsheet } from './spreadsheet.ts';

const streamOptions = {
  type: 'object',
  additionalProperties: false,
  required: ['sheet'],
  properties: {
    sheet: {
      type: 'string',
      minLength: 1,
      description:
        'The name of the sheet. Its first row that is not blank names the columns. Cells come as people see them, as text: `1,234` is a number by `{ type: integer, group: "," }` in `map`. Empty ones are null, blank rows are passed over.',
      examples: ['Profiles'],
    },
  },
} as const;

export const source = defineSource({
  name: 'google_sheets',
  summary: 'Reads the rows of sheets of a Google spreadsheet.',
  options,
  streamOptions,
  shortForm: 'sheet',
  async open({ spreadsheet: id, ...config }, context) {
    const tally = { ...noCalls };
    const client = openClient(config, counting(context, tally));
    const spreadsheet = new Spreadsheet(client, id);
    let turn: Promise<unknown> = Promise.resolve();
    // One after the other, so that what each took can be told.
    const counted: Counted = (act) => {
      const taken = turn.then(async () => {
        Object.assign(tally, noCalls);
        return { result: await act(), calls: { ...tally } };
      });
      turn = taken.catch(() => undefined);
      return taken;
    };
    return {
      read: (request) => readSheet(spreadsheet, request, counted, context.logger),
      check: () => spreadsheet.check(),
      close: () => client.close(),
    };
  },
});

const noCalls = { pages: 1, requests: 0, retries: 0, waited_ms: 0 };

/** Tells what an act of asking took. */
type Counted = <Result>(
  act: () => Promise<Result>,
) => Promise<{ readonly result: Result; readonly calls: Calls }>;

/** Reads a sheet with one request: people edit it, so rows of two requests may not be of one sheet. */
async function* readSheet(
  spreadsheet: Spreadsheet,
  { options: { sheet }, batch, signal }: ReadRequest<{ readonly sheet: string }>,
  counted: Counted,
  logger: PluginContext['logger'],
): AsyncGenerator<Batch> {
  const { result: rows, calls } = await counted(() => spreadsheet.rows(sheet, 'formatted'));
  signal.throwIfAborted();
  if (rows === undefined) throw await missingSheet(spreadsheet, sheet);
  const head = headOf(rows);
  if (head === undefined) throw noHeader(sheet);
  const header = namesOf(head.header, rows, sheet, logger);
  const records = rows.slice(head.at + 1).filter((row) => !isBlank(row));
  for (const [index, some] of piecesOf(records, batch).entries()) {
    yield {
      records: some.rows.map((row) => recordOf(header, row)),
      bytes: some.bytes,
      header,
      detail: `sheet "${sheet}"`,
      progress: { done: some.end, total: records.length },
      ...(index === 0 ? { calls } : {}),
      ...(some.end === records.length ? { stopped: 'the end of the sheet' } : {}),
    };
  }
}

function namesOf(
  header: readonly SheetValue[],
  rows: readonly (readonly SheetValue[])[],
  sheet: string,
  logger: PluginContext['logger'],
): readonly string[] {
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  const names = columnNames(header, width);
  for (const [place, name] of names.entries()) {
    const text = written(header[place]);
    if (text !== '' && text !== name)
      logger.warn(`sheet "${sheet}" has several columns "${text}": column ${place + 1} is read as "${name}"`);
  }
  return names;
}

interface Piece {
  readonly rows: readonly (readonly SheetValue[])[];
  readonly bytes: number;
  /** How many rows are read once these are. */
  readonly end: number;
}

/** The rows in batches that are neither too long nor too large; one without rows where there are none. */
function piecesOf(all: readonly (readonly SheetValue[])[], limit: ReadRequest['batch']): Piece[] {
  const pieces: Piece[] = [];
  let first = 0;
  let bytes = 0;
  for (const [place, row] of all.entries()) {
    const size = row.reduce<number>((sum, value) => sum + String(value).length + 1, 0);
    if (place > first && (place - first === limit.rows || bytes + size > limit.bytes)) {
      pieces.push({ rows: all.slice(first, place), bytes, end: place });
      first = place;
      bytes = 0;
    }
    bytes += size;
  }
  return [...pieces, { rows: all.slice(first), bytes, end: all.length }];
}

function recordOf(header: readonly string[], row: readonly SheetValue[]) {
  return Object.fromEntries(
    header.map((name, place) => [name, row[place] === '' ? null : (row[place] ?? null)]),
  );
}

function counting(context: PluginContext, calls: { -readonly [name in keyof Calls]: number }): OpenContext {
  return {
    ...context,
    onTry({ attempt }) {
      calls.requests += 1;
      if (attempt > 1) calls.retries += 1;
    },
    onWait(wait) {
      calls.waited_ms += wait.ms;
      context.onWait(wait);
    },
  };
}

async function missingSheet(spreadsheet: Spreadsheet, sheet: string): Promise<SyncError> {
  const { title, tabs } = await spreadsheet.describe();
  const names = tabs.map((tab) => `"${tab.title}"`).join(', ');
  return new SyncError('source/table_missing', `the spreadsheet "${title}" has no sheet "${sheet}"`, {
    hint: `Its sheets are: ${names}.`,
  });
}

function noHeader(sheet: string): SyncError {
  return new SyncError('source/no_header', `the sheet "${sheet}" is empty: no row names its columns`, {
    hint: 'Write the names of the columns into its first row.',
  });
}
