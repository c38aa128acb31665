import { distance } from 'fastest-levenshtein';

/** The candidate a person most likely meant, when one is near enough to be worth naming. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const found = distance(word.toLowerCase(), candidate.toLowerCase());
    // A third of the letters may be wrong: `postgress`, `primarykey`; not `id` for `to`.
    if (found < bestDistance && found <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}
