import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Emit, RunEvent } from '../engine/events.ts';
import { SyncError } from '../model/errors.ts';
import type { Failure } from '../model/result.ts';
import { type Browser, type BrowserEvent, browserAt, type DoAct, reduceBrowser, topOf } from './browser.ts';
import { type BrowserCommand, pressed } from './browser-keys.ts';
import type { PageKey, Sheet } from './page.ts';
import { pageOf } from './pages/index.ts';
import { runPlaceKeys } from './pages/run-keys.ts';
import { readying } from './readied.ts';
import type { SessionOptions } from './session.ts';
import { Stage } from './stage.ts';
import { type Browsed, createPublisher, type Publisher } from './store.ts';
import type { Size } from './terminal.ts';
import type { Key } from './view.ts';
import { markedRow, pickedRows, type Visit } from './visit.ts';
import type { World } from './world.ts';

/** A run that cannot be followed is tried again so many milliseconds later. */
const followAgainAfter = 1_000;
/** The exit code of a screen that failed: it is a bug. */
const bug = 70;
/** So much of what others printed is remembered. */
const mostUnsaid = 1000;

export interface BrowseOptions extends SessionOptions {
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Has something done before the process ends, whatever ends it. */
  readonly lastly: (duty: () => void) => void;
  /** The runs under way that this process does itself; none unless it is said. */
  readonly ownRuns?: () => readonly string[];
}

/**
 * Lets a person look around in a world and do things there, until they leave; resolves with an exit code. The world
 * stays open.
 */
export async function browse(world: World, options: BrowseOptions): Promise<number> {
  return new Browsing(world, options).over();
}

/** Loads what is looked at, does what the keys ask for, and never waits for either before it hears the next key. */
class Browsing {
  readonly #world: World;
  readonly #options: BrowseOptions;
  readonly #stage: Stage;
  readonly #publisher: Publisher<Browsed>;
  readonly #ready: (sheet: Sheet) => Sheet;
  readonly #loads = new Map<number, AbortController>();
  readonly #left = new AbortController();
  /** Runs that were begun here, and how they ended. */
  readonly #begun = new Map<string, RunEvent | undefined>();
  #unsaid: string[] = [];
  #browser: Browser;
  #resolve: (code: number) => void = () => undefined;

  constructor(world: World, options: BrowseOptions) {
    this.#world = world;
    this.#options = options;
    this.#ready = readying(options.look, options.redact);
    this.#stage = new Stage({
      input: options.input,
      output: options.output,
      drawn: () => this.#publisher,
      publish: (size) => this.#publish(size),
      press: (key) => this.#press(key),
      caught: (text) => this.#catch(text),
      failed: (error) => this.#fail(error),
    });
    this.#browser = browserAt({ page: 'dashboard' }, this.#stage.size, Date.now());
    this.#publisher = createPublisher(this.#shown());
  }

  async over(): Promise<number> {
    const { signal, lastly } = this.#options;
    const code = new Promise<number>((resolve) => {
      this.#resolve = resolve;
    });
    lastly(() => this.#leave());
    const stop = () => this.#end(0);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.#loadVisits();
    await this.#stage.show(() => !this.#left.signal.aborted).catch((error) => this.#fail(error));
    return code.finally(() => signal.removeEventListener('abort', stop));
  }

  #dispatch(event: BrowserEvent): void {
    this.#browser = reduceBrowser(this.#browser, event);
    this.#loadVisits();
  }

  #publish(size: Size): void {
    const now = Date.now();
    this.#dispatch({ type: 'clock', now });
    if (size !== this.#browser.size) this.#dispatch({ type: 'resized', size });
    const { id, watched } = topOf(this.#browser);
    const at = new Date(now).toISOString();
    if (watched)
      this.#browser = reduceBrowser(this.#browser, { type: 'run', visit: id, action: { type: 'clock', at } });
    this.#publisher.publish(this.#shown());
  }

  #shown(): Browsed {
    const { place } = topOf(this.#browser);
    return {
      browser: this.#browser,
      look: this.#options.look,
      world: this.#world.name,
      command: place.page === 'run' ? `syncline show ${place.run}` : pageOf(place).command(place),
      keys: this.#keys(),
      picks: place.page !== 'run' && pageOf(place).picks === true,
    };
  }

  #keys(): readonly PageKey[] {
    const top = topOf(this.#browser);
    if (top.place.page === 'run')
      return runPlaceKeys(this.#world, top.place, top.watched?.run.result !== undefined);
    return pageOf(top.place).keys(this.#world, top.place, markedRow(top), pickedRows(top));
  }

  #press(key: Key): void {
    if (this.#left.signal.aborted) return;
    const { keys, picks } = this.#shown();
    const ownRuns = this.#options.ownRuns?.() ?? [];
    const { browser, command } = pressed(this.#browser, key, { keys, picks, ownRuns });
    this.#browser = browser;
    this.#loadVisits();
    if (command !== undefined) this.#obey(command);
    if (!this.#left.signal.aborted) this.#publish(this.#browser.size);
  }

  #obey(command: BrowserCommand): void {
    switch (command.type) {
      case 'do':
        this.#do(command.act);
        break;
      case 'cancel':
        this.#cancel(command.run);
        break;
      case 'copy':
        this.#stage.copy(command.text);
        break;
      case 'stop':
        this.#options.stop();
        break;
      case 'leave':
        this.#quit(command.runs);
    }
  }

  #cancel(run: string): void {
    const { id } = topOf(this.#browser);
    const at = new Date().toISOString();
    const work: DoAct['work'] = async (world) => {
      await world.cancel(run);
      this.#dispatch({ type: 'run', visit: id, action: { type: 'stopping', at } });
      return {};
    };
    this.#do({ type: 'do', work });
  }

  async #do({ work }: DoAct): Promise<void> {
    try {
      const { said, to } = await work(this.#world, this.#left.signal);
      if (to?.page === 'run') this.#begun.set(to.run, undefined);
      this.#dispatch({ type: 'done', said: said && this.#options.redact(said), to });
    } catch (error) {
      if (this.#left.signal.aborted) return;
      this.#dispatch({ type: 'not_done', failure: await this.#failureOf(error) });
    }
    this.#draw();
  }

  /** Every place a person came through is kept loaded, until they go back from it. */
  #loadVisits(): void {
    if (this.#left.signal.aborted) return;
    const { visits } = this.#browser;
    for (const [id, load] of this.#loads)
      if (!visits.some((visit) => visit.id === id)) {
        this.#loads.delete(id);
        load.abort();
      }
    for (const visit of visits)
      if (!this.#loads.has(visit.id)) {
        const load = new AbortController();
        this.#loads.set(visit.id, load);
        this.#keepLoaded(visit, load.signal);
      }
  }

  async #keepLoaded(visit: Visit, signal: AbortSignal): Promise<void> {
    const { place } = visit;
    const again = place.page === 'run' ? followAgainAfter : pageOf(place).retryAfter;
    for (;;) {
      try {
        return await this.#load(visit, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#dispatch({ type: 'failed', visit: visit.id, failure: await this.#failureOf(error) });
        this.#draw();
        // What is our fault stays so.
        if (again === undefined || !(error instanceof SyncError)) return;
      }
      await setTimeout(again, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #load({ id, place }: Visit, signal: AbortSignal): Promise<void> {
    if (place.page === 'run')
      return this.#world.follow(place.run, this.#teller(id, place.run, signal), signal);
    for await (const sheet of pageOf(place).load(this.#world, place, signal)) {
      if (signal.aborted) return;
      const isFirst = this.#browser.visits.some((visit) => visit.id === id && visit.sheet === undefined);
      this.#dispatch({ type: 'sheet', visit: id, sheet: this.#ready(sheet) });
      if (isFirst) this.#draw();
      // A page that has much to give leaves time for keys.
      await setImmediate();
    }
  }

  #teller(visit: number, run: string, signal: AbortSignal): Emit {
    return (event) => {
      if (event.type === 'run_finished' && this.#begun.has(run)) this.#begun.set(run, event);
      if (!signal.aborted) this.#dispatch({ type: 'run', visit, action: event });
    };
  }

  #draw(): void {
    if (!this.#left.signal.aborted) this.#publish(this.#browser.size);
  }

  async #failureOf(error: unknown): Promise<Failure> {
    const { redact, reportBug } = this.#options;
    if (error instanceof SyncError)
      return { code: error.code, message: redact(error.message), hint: error.hint && redact(error.hint) };
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      code: 'internal/bug',
      message: redact(message),
      hint: `Crash report: ${await reportBug(error)}`,
    };
  }

  /** Runs of this process go on, or are stopped, in plain lines. */
  async #quit(runs: 'none' | 'stop' | 'tell'): Promise<void> {
    const own = runs === 'none' ? [] : (this.#options.ownRuns?.() ?? []);
    this.#leave();
    if (runs === 'stop') await Promise.allSettled(own.map((run) => this.#world.cancel(run)));
    const { signal, lines } = this.#options;
    await Promise.allSettled(own.map((run) => this.#world.follow(run, lines, signal)));
    this.#end(0);
  }

  #end(code: number): void {
    this.#leave();
    this.#resolve(code);
  }

  /** The last of it is said in the end. */
  #catch(text: string): void {
    this.#unsaid.push(text);
    if (this.#unsaid.length > mostUnsaid) this.#unsaid.shift();
  }

  /** Gives the terminal back, and says there what came of the runs that were begun here. */
  #leave(): void {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    for (const load of this.#loads.values()) load.abort();
    this.#stage.close();
    for (const text of this.#unsaid.splice(0)) this.#options.print(text);
    for (const event of this.#begun.values()) if (event) this.#options.lines(event);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#leave();
    const report = await this.#options.reportBug(error);
    this.#options.print(`error the screen failed; report it with ${report}\n`);
    this.#resolve(bug);
  }
}
