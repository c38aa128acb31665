/**
 * Every error code, with what `syncline explain CODE` says of it: what it means, why it is an error, what to do.
 * Codes are stable once released. The part before the slash says who finds it.
 */
export const errorCodes = {
  'usage/invalid': 'The command line was not understood. Nothing was run. `syncline COMMAND --help` shows its flags.',
  'row/type': 'A value does not fit its column. The row was kept as a reject. Change the mapping (`type`, `on_error`, an `expr`) or the source.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
