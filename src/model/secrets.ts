import { type Redact, redactor } from './redact.ts';

/** Texts that nothing may show. More of them come up while work is done, such as tokens. */
export interface Secrets extends Iterable<string> {
  has(text: string): boolean;
  add(secrets: readonly string[]): void;
  /** Takes out of a text those that are known by now. */
  readonly redact: Redact;
}

/** So many of those that come up are remembered: a process that works for years gets ever new tokens. */
const longestMemory = 200;

export function createSecrets(first: Iterable<string>): Secrets {
  const given = new Set(first);
  const added = new Set<string>();
  let redact = redactor(given);
  return {
    *[Symbol.iterator]() {
      yield* given;
      yield* added;
    },
    has: (text) => given.has(text) || added.has(text),
    add(secrets) {
      const others = secrets.filter((secret) => !given.has(secret));
      const news = others.filter((secret) => !added.has(secret));
      // What is still in use goes to the end: the first ones are forgotten.
      for (const secret of others) added.delete(secret);
      for (const secret of others) added.add(secret);
      for (const oldest of [...added].slice(0, Math.max(0, added.size - longestMemory))) added.delete(oldest);
      if (news.length > 0) redact = redactor([...given, ...added]);
    },
    redact: (text) => redact(text),
  };
}
