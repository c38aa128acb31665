import { expect, it } from 'vitest';
import { screenHindrance } from '../../src/tui/ability.ts';

const terminals = { input: true, output: true, error: true };
const environment = { TERM: 'xterm' };

it('lets a terminal have a screen', () => {
  expect(screenHindrance({ environment, terminals })).toBeUndefined();
});

it.each([
  [{ ...terminals, input: false }, environment, /input/],
  [{ ...terminals, output: false }, environment, /output/],
  [{ ...terminals, error: false }, environment, /error/],
  [terminals, {}, /TERM/],
  [terminals, { TERM: 'dumb' }, /TERM/],
  [terminals, { TERM: 'xterm', CI: '' }, /CI/],
  [terminals, { TERM: 'xterm', CONTINUOUS_INTEGRATION: '1' }, /CONTINUOUS_INTEGRATION/],
])('%j with %j has none, and says why', (terminals, environment, why) => {
  expect(screenHindrance({ environment, terminals })).toMatch(why);
});
