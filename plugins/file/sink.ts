import { resolve } from 'node:path';
import { defineSink } from 'syncline';
import { rowsFormats } from 'syncline/formats';
import { writing } from './aside.ts';
import { exists } from './exists.ts';
import { placeOf } from './place.ts';
import { type FileOptions, openWriter } from './writer.ts';

const options = {
  type: 'object',
  additionalProperties: false,
  required: ['dir'],
  properties: {
    dir: {
      type: 'string',
      minLength: 1,
      description:
        'The folder of the files; made when it is not there. A target is a file in it (`replace`), or a folder that gets a new part file per run (`append`).',
      examples: ['out'],
    },
    format: {
      type: 'string',
      enum: rowsFormats,
      default: 'jsonl',
      description: 'How the files are written, where the target is not named `.jsonl`, `.json` or `.csv`.',
    },
    formulas: {
      type: 'string',
      enum: ['escape', 'keep'],
      default: 'keep',
      description:
        "csv: `escape` writes a ' before text that a spreadsheet would run as a formula. Advised for files that people open.",
    },
  },
} as const;

export const sink = defineSink({
  name: 'file',
  summary: 'Writes jsonl, json and csv files, each published whole when its read is complete.',
  options,
  modes: ['replace', 'append'],
  capabilities: [],
  async open({ dir, format, formulas }, { directory }) {
    const files: FileOptions = { dir: resolve(directory, dir), format, formulas };
    let writers = 0;
    return {
      // A file is written anew each time: it has no columns that rows must fit.
      async discover(target) {
        const modes = ['replace', 'append'] as const;
        const places = modes.map((mode) => placeOf(files.dir, target, mode, format).path);
        return (await Promise.all(places.map(isThere))).includes(true) ? [] : undefined;
      },
      begin: (target) => openWriter(files, target, ++writers),
      close: async () => {},
    };
  },
});

function isThere(path: string): Promise<boolean> {
  return writing(path, () => exists(path));
}
