import { type Browser, topOf } from '../browser.ts';
import { fitted, wrapped } from '../fitted.ts';
import { inGlyphs } from '../glyphs.ts';
import type { Look } from '../look.ts';
import type { Size } from '../terminal.ts';

/** No message takes more lines than this. */
const mostNotes = 5;

/** What is asked, done or said while a person browses, in the lines it takes above the foot. */
export function notesOf(
  browser: Browser | undefined,
  { size, look }: { readonly size: Size; readonly look: Look },
): string[] {
  const note = browser && noteOf(browser);
  if (note === undefined) return [];
  const { colors } = look;
  const color = { good: colors.green, warn: colors.yellow, bad: colors.red, dim: colors.dim }[note.tone];
  const lines = (text: string) => wrapped(inGlyphs(text, look), size.columns - 2);
  const told = lines(note.text).map((line) => color(fitted(` ${line}`, size.columns, look)));
  const hint = note.hint === undefined ? [] : lines(note.hint).map((line) => ` ${line}`);
  const all = [...told, ...hint];
  // What it comes to stands last.
  return all.length <= mostNotes ? all : [...all.slice(0, mostNotes - 1), ...all.slice(-1)];
}

interface Note {
  readonly text: string;
  readonly hint?: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'dim';
}

/** The most urgent one. */
export function noteOf(browser: Browser): Note | undefined {
  const { asking, said, doing } = browser;
  if (asking?.type === 'act') return { text: asking.act.ask ?? '', tone: 'warn' };
  if (asking?.type === 'leave') {
    const { length } = asking.runs;
    const text = length === 1 ? 'A run is under way here.' : `${length} runs are under way here.`;
    return { text, tone: 'warn' };
  }
  if (said !== undefined) return said;
  if (doing !== undefined) return { text: `${doing.word}: under way`, tone: 'dim' };
  // A list tells it above its rows.
  const { watched, failure } = topOf(browser);
  if (watched === undefined || failure === undefined) return undefined;
  return { text: `${failure.message}  [${failure.code}]`, hint: failure.hint, tone: 'bad' };
}
