import type { Mode, Target } from './types.ts';

/** Whether a row meets the one of its key that is there. */
export function mergesByKey({ mode, primary_key }: Pick<Target, 'mode' | 'primary_key'>): boolean {
  return mode === 'replace' ? primary_key.length > 0 : mode !== 'append';
}

/** Whether every run reads the whole stream from its beginning, whatever its cursor or an interrupted read say. */
export function readsWhole(mode: Mode): boolean {
  return mode === 'replace' || mode === 'snapshot';
}
