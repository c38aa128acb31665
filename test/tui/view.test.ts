import { describe, expect, it } from 'vitest';
import { keysOf } from '../../src/tui/keyboard.ts';
import { noRun, type RunModel, reduceRun } from '../../src/tui/model.ts';
import { firstView, press, type View } from '../../src/tui/view.ts';

const run = reduceRun(noRun, {
  type: 'run_started',
  at: '2026-01-02T03:04:05Z',
  run: '01M8',
  pipelines: ['a', 'b', 'c'],
});
const over: RunModel = reduceRun(run, {
  type: 'run_finished',
  at: '2026-01-02T03:04:06Z',
  result: {
    runId: '01M8',
    status: 'succeeded',
    exitCode: 0,
    startedAt: '2026-01-02T03:04:05Z',
    finishedAt: '2026-01-02T03:04:06Z',
    pipelines: {},
  },
});
/** Presses keys one after the other; the command is that of the last. */
function pressing(view: View, keys: readonly string[], model = run) {
  let pressed: ReturnType<typeof press> = { view };
  for (const key of keys) pressed = press(pressed.view, key, model);
  return pressed;
}

describe('keys on a run', () => {
  it('move the mark, and no further than the ends', () => {
    const marks = ['down', 'j', 'down', 'up', 'k', 'k'].map(
      (_, index, keys) => pressing(firstView(), keys.slice(0, index + 1)).view.marked,
    );
    expect(marks).toEqual([1, 2, 2, 1, 0, 0]);
  });

  it.each([
    [['enter'], 'details'],
    [['l'], 'logs'],
    [['enter', 'l'], 'logs'],
    [['enter', 'esc'], 'run'],
    [['l', 'l'], 'run'],
  ])('%j lead to %s', (keys, page) => {
    expect(pressing(firstView(), keys).view.page).toBe(page);
  });

  it('ask before they stop', () => {
    expect(pressing(firstView(), ['x'])).toMatchObject({ view: { asking: 'stop' } });
    expect(pressing(firstView(), ['x', 'y']).command).toEqual({ type: 'stop' });
    for (const no of ['n', 'esc'])
      expect(pressing(firstView(), ['x', no])).toEqual({ view: { ...firstView(), asking: undefined } });
  });

  it('ask how to quit a run that goes on, and do not when it is over', () => {
    expect(pressing(firstView(), ['q']).view.asking).toBe('quit');
    expect(pressing(firstView(), ['q', 'p']).command).toEqual({ type: 'leave' });
    expect(pressing(firstView(), ['q', 'x']).command).toEqual({ type: 'stop' });
    expect(pressing(firstView(), ['q', 'esc']).command).toBeUndefined();
    expect(pressing(firstView(), ['q'], over).command).toEqual({ type: 'leave' });
  });

  it('do not stop what is stopping or over', () => {
    for (const model of [over, { ...run, stopping: true }])
      expect(pressing(firstView(), ['x'], model).view.asking).toBeUndefined();
  });

  it('stop by Ctrl-C wherever one is', () => {
    for (const keys of [[], ['x'], ['?'], ['l']])
      expect(pressing(firstView(), [...keys, 'ctrl-c']).command).toEqual({ type: 'stop' });
  });

  it('show lines with s', () => {
    expect(pressing(firstView(), ['s']).command).toEqual({ type: 'stream' });
  });

  it('open help over the page and close it again, and do nothing else there', () => {
    expect(pressing(firstView(), ['l', '?']).view).toMatchObject({ help: true, page: 'logs' });
    expect(pressing(firstView(), ['?', 'x', 's']).command).toBeUndefined();
    for (const key of ['?', 'esc', 'q']) expect(pressing(firstView(), ['?', key]).view.help).toBe(false);
  });

  it('that have no function do nothing', () => {
    for (const key of ['d', 'p', 'u', 'h', 'e', 'r', ' ', 'z'])
      expect(press(firstView(), key, run)).toEqual({ view: firstView() });
  });
});

it('knows the keys a terminal sends, and passes over what it does not know', () => {
  expect(
    keysOf('q\u001b[A\u001bOB\r\u0003\u001b[1;5C\u001b[15~\u001b[5~\u001b[6~é \u007f\u0001\u001bx\u001b'),
  ).toEqual([
    'q',
    'up',
    'down',
    'enter',
    'ctrl-c',
    'pageup',
    'pagedown',
    'é',
    ' ',
    'backspace',
    'esc',
    'x',
    'esc',
  ]);
});
