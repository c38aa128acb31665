/** What a person looks at, and what keys do. Pure: what is to be done in the world is returned as a command. */

import type { PipelineModel, RunModel } from './model.ts';

export interface View {
  readonly page: 'run' | 'details' | 'logs';
  /** The help of the page lies over it. */
  readonly help: boolean;
  /** What is asked, if anything. */
  readonly asking?: 'stop' | 'quit';
  /** The place of the marked pipeline. */
  readonly marked: number;
  /** How many lines the log is scrolled back. */
  readonly back: number;
}

export type Command =
  /** Stop safely; the second time at once. */
  | { readonly type: 'stop' }
  /** Show plain lines, until asked back. */
  | { readonly type: 'stream' }
  /** Leave the screen; a run goes on in plain lines. */
  | { readonly type: 'leave' };

/** A key: a character, or `up`, `down`, `pageup`, `pagedown`, `enter`, `esc`, `backspace`, `ctrl-c`. */
export type Key = string;

export interface Pressed {
  readonly view: View;
  readonly command?: Command;
}

export function firstView(): View {
  return { page: 'run', help: false, marked: 0, back: 0 };
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
  if (view.asking) return answered(view, view.asking, key);
  if (view.help)
    return { view: key === '?' || key === 'esc' || key === 'q' ? { ...view, help: false } : view };
  if (key === '?') return { view: { ...view, help: true } };
  if (key === 'q') return quit(view, run);
  if (key === 's') return { view, command: { type: 'stream' } };
  if (key === 'x' && isRunning(run) && !run.stopping) return { view: { ...view, asking: 'stop' } };
  if (view.page === 'run') return { view: onRun(view, key, run) };
  return { view: onPage(view, key, run) };
}

function quit(view: View, run: RunModel): Pressed {
  if (isRunning(run)) return { view: { ...view, asking: 'quit' } };
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
