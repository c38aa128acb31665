/** The only door to Ink, loaded when a screen is shown. */

import { render } from 'ink';
import { useSyncExternalStore } from 'react';
import { DetailsScreen } from './screens/details.tsx';
import { HelpScreen } from './screens/help.tsx';
import { LogsScreen } from './screens/logs.tsx';
import { PickScreen } from './screens/pick.tsx';
import { RunScreen } from './screens/run.tsx';
import { SmallScreen } from './screens/small.tsx';
import type { Shown, Store } from './store.ts';

const pages = { pick: PickScreen, run: RunScreen, details: DetailsScreen, logs: LogsScreen } as const;

/** The page a person looks at. */
export function Screen({ shown }: { readonly shown: Shown }) {
  const { columns, rows } = shown.size;
  if (columns < 40 || rows < 8) return <SmallScreen shown={shown} />;
  const Page = shown.view.help ? HelpScreen : pages[shown.view.page];
  return <Page shown={shown} />;
}

function Live({ store }: { readonly store: Store }) {
  return <Screen shown={useSyncExternalStore(store.subscribe, store.published)} />;
}

export interface Mounted {
  unmount(): void;
}

export type Mount = typeof mount;

/** Draws what the store publishes; `failed` gets what a page throws, after which nothing is drawn any more. */
export function mount(store: Store, canvas: NodeJS.WriteStream, failed: (error: unknown) => void): Mounted {
  const app = render(<Live store={store} />, { stdout: canvas, exitOnCtrlC: false, patchConsole: false });
  app.waitUntilExit().catch(failed);
  return app;
}
