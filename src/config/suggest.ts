import { distance } from 'fastest-levenshtein';

/** The candidate a person most likely meant, when one is near enough to be worth naming. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const found = distance(word.toLowerCase(), candidate.toLowerCase());
    // Two letters in five may be wrong: `postgress`, `primarykey`, `nmae`; not `to` for `id`.
    if (found < bestDistance && found <= Math.max(1, Math.round(candidate.length * 0.4))) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}
