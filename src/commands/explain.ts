import { didYouMean } from '../config/suggest.ts';
import { errorCodes } from '../model/codes.ts';
import { SyncError } from '../model/errors.ts';
import { columns, type Shell } from './shell.ts';

/** Prints what an error code means; without one, all of them. */
export async function explain(shell: Shell, code: string | undefined): Promise<void> {
  const codes: ReadonlyMap<string, string> = new Map(Object.entries(errorCodes));
  if (code === undefined) return shell.print(columns([...codes].map(([name, text]) => [name, text])));
  const text = codes.get(code);
  if (text !== undefined) return shell.print(`${code}\n\n${text}\n`);
  const near = didYouMean(code, [...codes.keys()]);
  throw new SyncError('usage/unknown_code', `there is no error code "${code}"`, {
    hint: near ? `did you mean "${near}"?` : 'All of them: syncline explain',
  });
}
