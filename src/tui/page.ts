/** A page of rows: what it shows is loaded from the world, what its keys do is data, and it is drawn in one place. */

import type { LogLevel } from '../model/log-line.ts';
import type { World } from './world.ts';

/** Where a person goes. */
export type Place =
  | { readonly page: 'dashboard' }
  | { readonly page: 'history'; readonly pipeline?: string }
  /** The run as it goes, or went. */
  | { readonly page: 'run'; readonly run: string }
  | { readonly page: 'changes'; readonly run: string }
  | { readonly page: 'plan'; readonly pipelines: readonly string[] }
  | { readonly page: 'rejects'; readonly run?: string; readonly pipeline?: string }
  | {
      readonly page: 'logs';
      readonly run?: string;
      readonly pipeline?: string;
      /** The least that is shown. */
      readonly level?: LogLevel;
    }
  | { readonly page: 'why'; readonly pipeline: string; readonly key: string; readonly field?: string };

export interface Column {
  readonly name: string;
  readonly align?: 'left' | 'right';
  /** Where there is no room for all columns, those of the highest number go first; 0 stays. */
  readonly rank: number;
  /** It takes the room that is left. */
  readonly fills?: boolean;
}

/** Colour is never all that tells it: a cell says it as well. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'dim';

export interface Row<About = unknown> {
  /** The mark stays with it when rows come and go. */
  readonly id: string;
  /** One for each column, without escapes. */
  readonly cells: readonly string[];
  /** One for each column, to sort by where the order of the cells as text or numbers would be wrong. */
  readonly orders?: readonly (string | number | undefined)[];
  /** What it tells of, for the keys of its page. */
  readonly about?: About;
  readonly tone?: Tone;
  /** Shown below it once it is opened. */
  readonly lines?: readonly { readonly text: string; readonly tone?: Tone }[];
}

export interface Sheet<About = unknown> {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row<About>[];
  /** Said where there are no rows. */
  readonly empty: string;
  /** The last row is the newest: the mark stays at the end while it is there. */
  readonly grows?: boolean;
}

/** What a key leads to. */
export type Act =
  /** `instead`: it takes the place of this page, so that going back leads to the one before. */
  | { readonly type: 'go'; readonly to: Place; readonly instead?: true }
  /** Does it, says what came of it, and goes on. */
  | {
      readonly type: 'do';
      readonly work: (
        world: World,
        signal: AbortSignal,
      ) => Promise<{ readonly said?: string; readonly to?: Place }>;
      /** What is asked first: it cannot be taken back. */
      readonly ask?: string;
    };

export interface PageKey {
  /** A character, or `enter` in the place of opening the row. */
  readonly key: string;
  readonly word: string;
  readonly does: string;
  /** Why it does nothing now. */
  readonly disabled?: string;
  readonly act?: Act;
}

/** One kind of page. `load` may give a sheet again and again, until its signal is aborted: the last one is shown. */
export interface Page<At extends Place = Place, About = unknown> {
  /** The command line that does the same. */
  command(at: At): string;
  load(world: World, at: At, signal: AbortSignal): AsyncIterable<Sheet<About>>;
  /** So many milliseconds after `load` has failed it is begun again; undefined: not before a person comes back. */
  readonly retryAfter?: number;
  /** `space` picks rows, several at once. */
  readonly picks?: boolean;
  /**
   * Beside moving, opening, filtering, sorting, going back, help and leaving, which all pages have. `picked` are the
   * ids of the rows that are picked, in the order of the sheet.
   */
  keys(world: World, at: At, row: Row<About> | undefined, picked: readonly string[]): readonly PageKey[];
}
