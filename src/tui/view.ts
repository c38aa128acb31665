/** What a person looks at, and what keys do. Pure: what is to be done in the world is returned as a command. */

import type { PipelineModel, RunModel } from './model.ts';

/** A pipeline that may be picked. */
export interface Choice {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly enabled: boolean;
}

export interface View {
  readonly page: 'pick' | 'run' | 'details' | 'logs';
  /** The help of the page lies over it. */
  readonly help: boolean;
  /** What is asked, if anything. */
  readonly asking?: 'stop' | 'quit';
  /** The place of the marked line, of the pipelines or of the choices that are shown. */
  readonly marked: number;
  /** How many lines the log is scrolled back. */
  readonly back: number;
  readonly choices: readonly Choice[];
  readonly picked: ReadonlySet<string>;
  readonly filter: string;
  /** Keys go into the filter. */
  readonly typing: boolean;
}

export type Command =
  | { readonly type: 'run'; readonly names: readonly string[] }
  /** Stop safely; the second time at once. */
  | { readonly type: 'stop' }
  /** Show plain lines, until asked back. */
  | { readonly type: 'stream' }
  /** Leave the screen; a run goes on in plain lines. */
  | { readonly type: 'leave' };

/** A key as it is named in help: a character, or `up`, `down`, `enter`, `esc`, `backspace`, `ctrl-c`. */
export type Key = string;

export interface Pressed {
  readonly view: View;
  readonly command?: Command;
}

export function firstView(choices: readonly Choice[] = []): View {
  return {
    page: choices.length > 0 ? 'pick' : 'run',
    help: false,
    marked: 0,
    back: 0,
    choices,
    picked: new Set(),
    filter: '',
    typing: false,
  };
}

/** The choices the filter lets through. */
export function shownChoices({ choices, filter }: View): readonly Choice[] {
  const wanted = filter.toLowerCase();
  return choices.filter(({ name, from, to }) => `${name} ${from} ${to}`.toLowerCase().includes(wanted));
}

export function markedPipeline({ pipelines }: RunModel, { marked }: View): PipelineModel | undefined {
  return [...pipelines.values()][marked];
}

export function isRunning({ result }: RunModel): boolean {
  return result === undefined;
}

/** What a key does. One that has no meaning here does nothing. */
export function press(view: View, key: Key, run: RunModel): Pressed {
  if (key === 'ctrl-c') return { view, command: { type: 'stop' } };
  if (view.typing) return typed(view, key);
  if (view.asking) return answered(view, view.asking, key);
  if (view.help)
    return { view: key === '?' || key === 'esc' || key === 'q' ? { ...view, help: false } : view };
  if (key === '?') return { view: { ...view, help: true } };
  if (key === 'q') return quit(view, run);
  if (view.page === 'pick') return picking(view, key);
  if (key === 's') return { view, command: { type: 'stream' } };
  if (key === 'x' && isRunning(run) && !run.stopping) return { view: { ...view, asking: 'stop' } };
  if (view.page === 'run') return { view: onRun(view, key, run) };
  return { view: onPage(view, key, run) };
}

function quit(view: View, run: RunModel): Pressed {
  if (view.page !== 'pick' && isRunning(run)) return { view: { ...view, asking: 'quit' } };
  return { view, command: { type: 'leave' } };
}

function answered(view: View, asking: NonNullable<View['asking']>, key: Key): Pressed {
  const settled = { ...view, asking: undefined };
  if (key === 'esc' || (asking === 'stop' && key === 'n')) return { view: settled };
  if (asking === 'stop' && key === 'y') return { view: settled, command: { type: 'stop' } };
  if (asking === 'quit' && key === 'x') return { view: settled, command: { type: 'stop' } };
  if (asking === 'quit' && key === 'p') return { view: settled, command: { type: 'leave' } };
  return { view };
}

function typed(view: View, key: Key): Pressed {
  if (key === 'enter') return { view: { ...view, typing: false } };
  if (key === 'esc') return { view: { ...view, typing: false, filter: '', marked: 0 } };
  if (key === 'up' || key === 'down') return { view: moved(view, key, shownChoices(view).length) };
  const filter =
    key === 'backspace' ? view.filter.slice(0, -1) : [...key].length === 1 ? view.filter + key : view.filter;
  return { view: { ...view, filter, marked: 0 } };
}

function picking(view: View, key: Key): Pressed {
  const shown = shownChoices(view);
  const name = shown[view.marked]?.name;
  if (key === '/') return { view: { ...view, typing: true } };
  if (key === 'esc') return { view: { ...view, filter: '', marked: 0 } };
  if (key === ' ' && name !== undefined) {
    const picked = new Set(view.picked);
    if (!picked.delete(name)) picked.add(name);
    return { view: { ...view, picked } };
  }
  if (key !== 'enter' && key !== 'r') return { view: moved(view, key, shown.length) };
  const names =
    view.picked.size > 0
      ? view.choices.map((choice) => choice.name).filter((each) => view.picked.has(each))
      : [];
  const run = names.length > 0 ? names : name === undefined ? [] : [name];
  if (run.length === 0) return { view };
  return { view: { ...firstView(), page: 'run' }, command: { type: 'run', names: run } };
}

function onRun(view: View, key: Key, run: RunModel): View {
  if (key === 'enter' && markedPipeline(run, view)) return { ...view, page: 'details', back: 0 };
  if (key === 'l') return { ...view, page: 'logs', back: 0 };
  return moved(view, key, run.pipelines.size);
}

function onPage(view: View, key: Key, run: RunModel): View {
  if (key === 'esc' || key === 'enter' || (key === 'l' && view.page === 'logs'))
    return { ...view, page: 'run' };
  if (key === 'l') return { ...view, page: 'logs', back: 0 };
  if (view.page === 'details') return moved(view, key, run.pipelines.size);
  const step = key === 'up' || key === 'k' ? 1 : key === 'down' || key === 'j' ? -1 : 0;
  return { ...view, back: Math.min(Math.max(view.back + step, 0), Math.max(run.log.length - 1, 0)) };
}

function moved(view: View, key: Key, length: number): View {
  const step = key === 'up' || key === 'k' ? -1 : key === 'down' || key === 'j' ? 1 : 0;
  return { ...view, marked: Math.max(Math.min(view.marked + step, length - 1), 0) };
}
