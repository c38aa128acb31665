import type { ReadStream } from 'node:tty';
import type { Key } from './view.ts';

const esc = '\u001b';

const named: ReadonlyMap<string, Key> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  [esc, 'esc'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'ctrl-c'],
  [`${esc}[A`, 'up'],
  [`${esc}OA`, 'up'],
  [`${esc}[B`, 'down'],
  [`${esc}OB`, 'down'],
  [`${esc}[5~`, 'pageup'],
  [`${esc}[6~`, 'pagedown'],
]);

/** The keys in what a terminal sent; what means nothing here is left out. */
export function keysOf(sent: string): Key[] {
  return [...sequencesOf(sent)].flatMap((sequence) => {
    const name = named.get(sequence);
    if (name !== undefined) return [name];
    return [...sequence].length === 1 && sequence >= ' ' ? [sequence] : [];
  });
}

/** Characters, and sequences such as an arrow key sends: an escape, `[` or `O`, and what follows up to a letter. */
function* sequencesOf(sent: string): Generator<string> {
  let sequence = '';
  for (const character of sent) {
    // An escape that begins no sequence is the key, and what follows another one.
    if (sequence === esc && character !== '[' && character !== 'O') {
      yield esc;
      sequence = '';
    }
    sequence += character;
    const isBegun = sequence === esc || sequence === `${esc}[` || sequence === `${esc}O`;
    if (isBegun || (sequence.length > 2 && !/[a-zA-Z~]/.test(character))) continue;
    yield sequence;
    sequence = '';
  }
  if (sequence === esc) yield esc;
}

/** Listens to the keys of a terminal, one by one and unseen, until it is closed. */
export function openKeyboard(input: ReadStream, press: (key: Key) => void): { close(): void } {
  const listen = (sent: Buffer) => {
    for (const key of keysOf(sent.toString('utf8'))) press(key);
  };
  input.setRawMode(true);
  input.on('data', listen);
  input.resume();
  return {
    close() {
      input.off('data', listen);
      input.setRawMode(false);
      input.pause();
    },
  };
}
