/** The only door to Ink, loaded when a screen is shown. */

import { render } from 'ink';
import { useSyncExternalStore } from 'react';
import { topOf } from './browser.ts';
import { DetailsScreen } from './screens/details.tsx';
import { HelpScreen } from './screens/help.tsx';
import { KeysScreen } from './screens/keys.tsx';
import { ListScreen } from './screens/list.tsx';
import { LogsScreen } from './screens/logs.tsx';
import { RunScreen } from './screens/run.tsx';
import { SmallScreen } from './screens/small.tsx';
import { SmallListScreen } from './screens/small-list.tsx';
import type { Browsed, Published, Shown } from './store.ts';
import type { Size } from './terminal.ts';

const pages = { run: RunScreen, details: DetailsScreen, logs: LogsScreen } as const;

/** What a person looks at. */
export function Screen({ shown }: { readonly shown: Shown | Browsed }) {
  return 'browser' in shown ? <Place shown={shown} /> : <Run shown={shown} />;
}

/** The page of a run. */
function Run({ shown }: { readonly shown: Shown }) {
  if (isSmall(shown.size)) return <SmallScreen shown={shown} />;
  const Page = shown.view.help ? HelpScreen : pages[shown.view.page];
  return <Page shown={shown} />;
}

/** The place that is looked at. */
function Place({ shown }: { readonly shown: Browsed }) {
  const { browser, look, command, keys } = shown;
  const { watched } = topOf(browser);
  if (watched && !browser.help)
    return <Run shown={{ ...watched, size: browser.size, look, command, inside: { browser, keys } }} />;
  if (isSmall(browser.size)) return <SmallListScreen shown={shown} />;
  return browser.help ? <KeysScreen shown={shown} /> : <ListScreen shown={shown} />;
}

function isSmall({ columns, rows }: Size): boolean {
  return columns < 40 || rows < 8;
}

function Live({ drawn }: { readonly drawn: Published<Shown | Browsed> }) {
  return <Screen shown={useSyncExternalStore(drawn.subscribe, drawn.published)} />;
}

export interface Mounted {
  unmount(): void;
}

export type Mount = typeof mount;

/** Draws what is published; `failed` gets what a page throws, after which nothing is drawn any more. */
export function mount(
  drawn: Published<Shown | Browsed>,
  canvas: NodeJS.WriteStream,
  failed: (error: unknown) => void,
): Mounted {
  const app = render(<Live drawn={drawn} />, { stdout: canvas, exitOnCtrlC: false, patchConsole: false });
  app.waitUntilExit().catch(failed);
  return app;
}
