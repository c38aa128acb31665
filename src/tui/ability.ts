/** What tells whether a screen can be shown. */
export interface Abilities {
  readonly environment: { readonly [name: string]: string | undefined };
  /** Which of the standard streams are terminals. */
  readonly terminals: { readonly input: boolean; readonly output: boolean; readonly error: boolean };
}

/** Why no screen can be shown, for people; undefined where it can. A small terminal has a screen of one line. */
export function screenHindrance({ environment, terminals }: Abilities): string | undefined {
  if (!terminals.input) return 'the standard input is not a terminal';
  if (!terminals.output) return 'the standard output is not a terminal';
  if (!terminals.error) return 'the standard error is not a terminal';
  if (!environment.TERM || environment.TERM === 'dumb') return 'TERM names no terminal that can draw';
  for (const name of ['CI', 'CONTINUOUS_INTEGRATION'])
    if (environment[name] !== undefined) return `the variable ${name} is set`;
  return undefined;
}
