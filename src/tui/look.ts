import pico from 'picocolors';

type Colors = ReturnType<typeof pico.createColors>;

/** How lines are drawn: with which colours, and whether the locale has more than ASCII. */
export interface Look {
  readonly colors: Colors;
  readonly unicode: boolean;
}

export interface Surroundings {
  readonly environment: { readonly [name: string]: string | undefined };
  readonly terminal: boolean;
  readonly platform: string;
}

/**
 * `auto` colours a terminal, unless `NO_COLOR` is set or it is a dumb one. `FORCE_COLOR` decides before them: `0` is no
 * colours, anything else is colours.
 */
export function lookOf(
  color: 'auto' | 'always' | 'never',
  { environment, terminal, platform }: Surroundings,
): Look {
  const { FORCE_COLOR: forced, NO_COLOR, TERM } = environment;
  const capable = forced ? !/^(0|false)$/.test(forced) : terminal && TERM !== 'dumb' && !NO_COLOR;
  const colored = color === 'always' || (color === 'auto' && capable);
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG;
  const unicode = locale === undefined ? platform === 'darwin' : /utf-?8/i.test(locale);
  return { colors: pico.createColors(colored), unicode };
}
