import type { RunResult } from '../model/result.ts';
import type { Look } from './look.ts';
import type { PipelineModel } from './model.ts';

/** The characters a screen is drawn with. Each is one column wide but `move`. */
export interface Glyphs {
  readonly spinner: string;
  readonly status: { readonly [status in Exclude<PipelineModel['status'], 'running'>]: string };
  readonly live: string;
  readonly marked: string;
  readonly picked: string;
  readonly unpicked: string;
  readonly full: string;
  readonly empty: string;
  readonly rule: string;
  readonly arrow: string;
  readonly dot: string;
  readonly more: string;
  readonly none: string;
  readonly move: string;
  /** The order of a sorted column. */
  readonly ascending: string;
  readonly descending: string;
  /** From nothing to much. */
  readonly levels: string;
}

const unicode: Glyphs = {
  spinner: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏',
  status: {
    waiting: '·',
    succeeded: '✓',
    partial: '!',
    failed: '✗',
    rate_limited: '◷',
    cancelled: '■',
    interrupted: '■',
    busy: '…',
    skipped: '○',
  },
  live: '●',
  marked: '▸',
  picked: '◉',
  unpicked: '○',
  full: '█',
  empty: '░',
  rule: '─',
  arrow: '→',
  dot: '·',
  more: '…',
  none: '–',
  move: '↑↓',
  ascending: '▲',
  descending: '▼',
  levels: '▁▂▃▄▅▆▇█',
};

const ascii: Glyphs = {
  spinner: '|/-\\',
  status: {
    waiting: '.',
    succeeded: '+',
    partial: '!',
    failed: 'x',
    rate_limited: '%',
    cancelled: '-',
    interrupted: '-',
    busy: '~',
    skipped: 'o',
  },
  live: '*',
  marked: '>',
  picked: '*',
  unpicked: '-',
  full: '#',
  empty: '-',
  rule: '-',
  arrow: '->',
  dot: '-',
  more: '~',
  none: '-',
  move: 'j/k',
  ascending: '^',
  descending: 'v',
  levels: '_.:-=+*#',
};

export function glyphsOf(look: Look): Glyphs {
  return look.unicode ? unicode : ascii;
}

/** Where the locale has only ASCII, what texts are written with in its place. */
const inAscii: ReadonlyMap<string, string> = new Map([
  ...[...unicode.levels].map((level, place) => [level, ascii.levels[place] ?? ''] as const),
  ...(['live', 'marked', 'picked', 'rule', 'arrow', 'dot', 'more', 'none'] as const).map(
    (name) => [unicode[name], ascii[name]] as const,
  ),
  ...(['succeeded', 'failed', 'rate_limited', 'cancelled', 'skipped'] as const).map(
    (status) => [unicode.status[status], ascii.status[status]] as const,
  ),
]);

/** A text that was written with the characters of these glyphs, with those the locale has. */
export function inGlyphs(text: string, { unicode }: Look): string {
  // Most texts are ASCII by themselves.
  if (unicode || /^[\n -~]*$/.test(text)) return text;
  return [...text].map((character) => inAscii.get(character) ?? character).join('');
}

/** How something ended, as one character; written as texts for `inGlyphs` are. */
export function outcomeGlyph(status: RunResult['status']): string {
  return unicode.status[status === 'mixed' ? 'failed' : status];
}

/** A small chart: a character for each number. */
export function sparkline(numbers: readonly number[], { levels }: Glyphs): string {
  const most = Math.max(...numbers, 1);
  return numbers.map((number) => levels[Math.ceil((number / most) * (levels.length - 1))] ?? '').join('');
}

/** `███░` */
export function bar(percent: number, width: number, { full, empty }: Glyphs): string {
  const filled = Math.round((percent * width) / 100);
  return full.repeat(filled) + empty.repeat(width - filled);
}

/** The state of a pipeline as one character, in its colour. */
export function statusGlyph({ status }: PipelineModel, now: number, look: Look): string {
  const { colors } = look;
  const { spinner, status: glyphs } = glyphsOf(look);
  if (status === 'running') return colors.cyan(spinner[Math.floor(now / 300) % spinner.length] ?? '');
  if (status === 'succeeded') return colors.green(glyphs[status]);
  if (status === 'failed') return colors.red(glyphs[status]);
  const isQuiet = status === 'waiting' || status === 'skipped';
  return isQuiet ? colors.dim(glyphs[status]) : colors.yellow(glyphs[status]);
}
