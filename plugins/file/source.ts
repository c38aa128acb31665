import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  type Batch,
  defineSource,
  type OptionsOf,
  type PluginContext,
  type ReadRequest,
  SyncError,
} from 'syncline';
import { type Format, formatOf, formats, readRecords } from 'syncline/formats';
import { fileBytes } from './bytes.ts';
import { matchingFiles } from './glob.ts';
import { andFile, indexOf, noneEarlier, recordsBefore, toPosition, withoutFirst } from './position.ts';

const options = { type: 'object', additionalProperties: false, properties: {} } as const;

const streamOptions = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: {
      type: 'string',
      minLength: 1,
      description:
        'The file, or a pattern of files read one after the other in the order of their names: `*` and `?` stand for characters of a name, `**` for folders, `{a,b}` for either. Starts at the folder of the config. Names that begin with a dot or end in `.tmp` are passed over; gzip is unpacked.',
      examples: ['data/campaigns.json', 'exports/*.csv.gz'],
    },
    format: {
      type: 'string',
      enum: formats,
      description:
        "How the files are written. By default the file's name tells: .json, .jsonl, .ndjson, .csv, .tsv.",
    },
    records: {
      type: 'string',
      minLength: 1,
      description:
        'json: the path of the array that holds the records; by default the document itself is the array.',
      examples: ['data.items'],
    },
    encoding: {
      type: 'string',
      default: 'utf-8',
      description: 'How the characters are written. A byte that does not fit is an error.',
      examples: ['windows-1252', 'utf-16le'],
    },
    delimiter: {
      type: 'string',
      minLength: 1,
      maxLength: 1,
      description: 'csv, tsv: the character between two cells; by default a comma, in tsv a tab.',
      examples: [';'],
    },
    empty: {
      enum: [null, 'text'],
      default: null,
      description: 'csv, tsv: what an empty cell is: null, or `text` for an empty text.',
    },
  },
} as const;

type FileStream = OptionsOf<typeof streamOptions>;

export const source = defineSource({
  name: 'file',
  summary: 'Reads json, jsonl, csv and tsv files, gzip or not.',
  options,
  streamOptions,
  shortForm: 'path',
  async open(_options, context) {
    return { read: (request) => readFiles(request, context), close: async () => {} };
  },
});

/**
 * Reads the files in the order of their names. A position counts the records that were read of a file: going on, they
 * are read once more and left out, which works alike for every format, packed or not.
 */
async function* readFiles(
  { options, batch, signal, position }: ReadRequest<FileStream>,
  { directory }: PluginContext,
): AsyncGenerator<Batch> {
  const paths = await matchingFiles(options.path, directory);
  if (paths.length === 0) throw noMatch(options.path, directory);
  const files = paths.map((path) => {
    const file = relative(directory, path);
    return { path, file, format: formatFor(file, options) };
  });
  const start = position === undefined ? undefined : toPosition(position);
  const names = files.map(({ file }) => file);
  const first = start === undefined ? 0 : indexOf(start, names);
  const total = await sizeOf(paths);
  let earlier = noneEarlier;
  for (const [index, { path, file, format }] of files.entries()) {
    const bytes = fileBytes(path, file, signal);
    const version = await bytes.version();
    if (index >= first) {
      const place = { file, ...version, earlier };
      let records = start !== undefined && index === first ? recordsBefore(start, place) : 0;
      const all = readRecords(bytes.read, { ...options, file, format, batch });
      for await (const read of withoutFirst(records, all, file)) {
        records += read.records.length;
        const progress = { done: earlier.size + bytes.taken, total };
        yield { ...read, position: { ...place, records }, progress, detail: file };
      }
      await bytes.checkUnchanged();
    }
    earlier = andFile(earlier, version);
  }
}

/** All files together, in bytes. One that is gone is told of when it is its turn. */
async function sizeOf(paths: readonly string[]): Promise<number> {
  const sizes = paths.map((path) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function noMatch(pattern: string, directory: string): SyncError {
  return new SyncError('source/file_missing', `no file matches ${join(directory, pattern)}`, {
    hint: 'Names that begin with a dot or end in .tmp do not count, nor do folders. Correct `path`.',
  });
}

function formatFor(file: string, options: FileStream): Format {
  const format = options.format ?? formatOf(file);
  if (format === undefined) {
    throw new SyncError('source/format', `the name of ${file} does not tell its format`, {
      hint: 'Set `format` to json, jsonl, csv or tsv.',
    });
  }
  const misplaced = onlyFor.find(
    ({ option, fits }) => options[option] !== undefined && !fits.includes(format),
  );
  if (misplaced !== undefined) throw notFor(misplaced.option, file, format);
  return format;
}

const onlyFor: readonly { readonly option: 'records' | 'delimiter'; readonly fits: readonly Format[] }[] = [
  { option: 'records', fits: ['json'] },
  { option: 'delimiter', fits: ['csv', 'tsv'] },
];

function notFor(option: string, file: string, format: Format): SyncError {
  return new SyncError('source/option', `\`${option}\` means nothing for ${file}, which is ${format}`, {
    hint: `Remove \`${option}\`, or set \`format\`.`,
  });
}
