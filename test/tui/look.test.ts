import { expect, test } from 'vitest';
import { lookOf } from '../../src/tui/look.ts';

test.each([
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['auto', { NO_COLOR: '1' }, true, false],
  ['auto', { TERM: 'dumb' }, true, false],
  ['auto', { FORCE_COLOR: '1' }, false, true],
  ['auto', { FORCE_COLOR: '3', NO_COLOR: '1' }, false, true],
  ['auto', { FORCE_COLOR: '0' }, true, false],
  ['auto', { FORCE_COLOR: 'false' }, true, false],
  ['auto', { FORCE_COLOR: '' }, true, true],
  ['always', { FORCE_COLOR: '0' }, false, true],
  ['never', { FORCE_COLOR: '1' }, true, false],
] as const)(
  '--color %s with %j, on a terminal: %s, is coloured: %s',
  (color, environment, terminal, colored) => {
    const { colors } = lookOf(color, { environment, terminal, platform: 'linux' });
    expect(colors.isColorSupported).toBe(colored);
  },
);
