import { type Browser, type BrowserEvent, browserAt, reduceBrowser, topOf } from '../../src/tui/browser.ts';
import { type BrowserCommand, pressed } from '../../src/tui/browser-keys.ts';
import type { PageKey, Place, Sheet } from '../../src/tui/page.ts';
import type { Key } from '../../src/tui/view.ts';

/** When all tests of browsing begin. */
export const start = Date.parse('2026-01-02T03:04:05.000Z');

interface Steps {
  readonly place?: Place;
  readonly columns?: number;
  readonly rows?: number;
  readonly keys?: readonly PageKey[];
  readonly picks?: boolean;
  readonly ownRuns?: readonly string[];
}

/** A browser after sheets, other events and keys; of the keys it tells what they command. */
export function browsing(steps: readonly (Sheet | BrowserEvent | Key)[], options: Steps = {}) {
  const { place = { page: 'dashboard' }, columns = 100, rows = 24 } = options;
  const { keys = [], picks = false, ownRuns = [] } = options;
  let browser: Browser = browserAt(place, { columns, rows }, start);
  const commands: BrowserCommand[] = [];
  for (const step of steps)
    if (typeof step === 'string') {
      const next = pressed(browser, step, { keys, picks, ownRuns });
      browser = next.browser;
      if (next.command) commands.push(next.command);
    } else {
      const sheet = 'rows' in step;
      browser = reduceBrowser(
        browser,
        sheet ? { type: 'sheet', visit: topOf(browser).id, sheet: step } : step,
      );
    }
  return { browser, top: topOf(browser), commands };
}
