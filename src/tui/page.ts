/** A page of rows: what it shows is loaded from the world, what its keys do is data, and it is drawn in one place. */

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
  | { readonly page: 'logs'; readonly run?: string; readonly pipeline?: string }
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

export interface Row {
  /** The mark stays with it when rows come and go. */
  readonly id: string;
  /** One for each column, without escapes. */
  readonly cells: readonly string[];
  readonly tone?: Tone;
  /** Shown below it once it is opened. */
  readonly lines?: readonly { readonly text: string; readonly tone?: Tone }[];
}

export interface Sheet {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Said where there are no rows. */
  readonly empty: string;
  /** The last row is the newest: the mark stays at the end while it is there. */
  readonly grows?: boolean;
}

/** What a key leads to. */
export type Act =
  | { readonly type: 'go'; readonly to: Place }
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
  readonly key: string;
  readonly word: string;
  readonly does: string;
  /** Why it does nothing now. */
  readonly disabled?: string;
  readonly act?: Act;
}

/** One kind of page. `load` may give a sheet again and again, until its signal is aborted: the last one is shown. */
export interface Page<At extends Place = Place> {
  /** The command line that does the same. */
  command(at: At): string;
  load(world: World, at: At, signal: AbortSignal): AsyncIterable<Sheet>;
  /** Beside moving, opening, filtering, sorting, going back, help and leaving, which all pages have. */
  keys(world: World, at: At, row: Row | undefined): readonly PageKey[];
}
