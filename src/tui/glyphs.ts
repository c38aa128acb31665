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
  levels: '_.:-=+*#',
};

export function glyphsOf(look: Look): Glyphs {
  return look.unicode ? unicode : ascii;
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
