/** The keys of a page of rows, for its foot and its help. */

import { topOf } from './browser.ts';
import { type Glyphs, glyphsOf } from './glyphs.ts';
import type { Offer } from './offers.ts';
import type { PageKey } from './page.ts';
import type { Browsed } from './store.ts';
import { markedRow } from './visit.ts';

/** For the foot: those that do something now, most wanted first but for help and leaving, which come last. */
export function footOffers(shown: Browsed): readonly Offer[] {
  const { browser, keys, picks, look } = shown;
  const top = topOf(browser);
  const { back, open, pick, filter, sort, copy, move, last } = everywhere(glyphsOf(look));
  const row = markedRow(top);
  const opens = row?.lines?.length && !keys.some(({ key }) => key === 'enter');
  return [
    ...(browser.visits.length > 1 || top.filter !== '' ? [back] : []),
    ...(opens ? [open] : []),
    ...keys.filter(({ disabled }) => disabled === undefined).map(named),
    ...(row !== undefined && picks ? [pick] : []),
    ...(top.sheet?.rows.length ? [filter, sort] : []),
    ...(row === undefined ? [] : [copy, move]),
    ...last,
  ];
}

/** For the help: all of them, those that do nothing now with why. */
export function helpOffers({ keys, picks, look }: Browsed): readonly Offer[] {
  const { back, open, pick, filter, sort, copy, move, last } = everywhere(glyphsOf(look));
  return [
    ...keys.map((key) => {
      const { does } = key;
      return {
        ...named(key),
        does: key.disabled === undefined ? does : `${does} (not now: ${key.disabled})`,
      };
    }),
    ...(keys.some(({ key }) => key === 'enter') ? [] : [open]),
    ...(picks ? [pick] : []),
    filter,
    sort,
    copy,
    move,
    back,
    ...last,
  ];
}

function named({ key, word, does }: PageKey): Offer {
  return { key: key === ' ' ? 'space' : key, word, does };
}

function everywhere({ move }: Glyphs) {
  return {
    back: { key: 'esc', word: 'back', does: 'back to the page before; before that, away with the filter' },
    open: { key: 'enter', word: 'open', does: 'open the row, or close it again' },
    pick: { key: 'space', word: 'pick', does: 'pick the row, or put it back' },
    filter: { key: '/', word: 'filter', does: 'show only rows that have a text' },
    sort: { key: 'o', word: 'sort', does: 'sort by the next column; O turns the order round' },
    copy: { key: 'y', word: 'copy', does: 'copy the row, with its id, where the terminal lets it' },
    move: {
      key: move,
      word: 'move',
      does: 'move; so do j and k, PgUp and PgDn, g to the first, G to the last',
    },
    last: [
      { key: '?', word: 'help', does: 'this help, and away again' },
      { key: 'q', word: 'quit', does: 'leave; where a run is under way in this process, it is asked how' },
    ],
  } as const satisfies { readonly [what: string]: Offer | readonly Offer[] };
}
