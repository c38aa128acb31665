import type { WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { openTerminal } from '../../src/tui/terminal.ts';

/** A terminal of this size that keeps what is written to it. */
function opened(rows = 24) {
  const raw: string[] = [];
  const stream = {
    columns: 80,
    rows,
    write: (text: string) => {
      raw.push(text);
      return true;
    },
  };
  const terminal = openTerminal(stream as unknown as WriteStream, () => undefined);
  return { canvas: terminal.canvas, terminal, raw };
}

describe('what is drawn', () => {
  it('never wipes the lines above that a terminal remembers, nor goes back over the screen', () => {
    const { canvas, raw } = opened();
    canvas.write('\u001b[2J\u001b[3J\u001b[Hone\ntwo\n');
    canvas.write('\u001b[2J\u001b[3J\u001b[H');
    expect(raw.join('')).toContain('two');
    for (const sequence of ['3J', '2J', 'H']) expect(raw.join('')).not.toContain(`\u001b[${sequence}`);
  });

  it('is the lines that changed, and stays above the last line', () => {
    const { canvas, raw } = opened(3);
    canvas.write('one\ntwo\nthree\nfour');
    canvas.write('one\n2\nthree\nfour');
    expect(raw[0]).toMatch(/one.*two/);
    expect(raw[0]).not.toContain('three');
    expect(raw[1]).toBe('\u001b[2;1H2\u001b[0m\u001b[K');
  });
});

it('what is copied goes to the terminal only while the screen is shown', () => {
  const { terminal, raw } = opened();
  terminal.copy('before');
  terminal.enter();
  try {
    terminal.copy('Zoë');
  } finally {
    terminal.leave();
  }
  terminal.copy('after');
  expect(raw.filter((text) => text.includes(']52;'))).toEqual(['\u001b]52;c;Wm/Dqw==\u0007']);
});

it('the screen is wiped before it is left, so that none of its lines can come to the main one', () => {
  const { terminal, raw } = opened();
  terminal.enter();
  terminal.leave();
  expect(raw.at(-1)).toBe('\u001b[2J\u001b[H\u001b[?25h\u001b[?1049l');
});
