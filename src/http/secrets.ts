import { type Redact, redactor } from '../model/redact.ts';

/** What no message of a client may show; tokens are added as they are renewed. */
export interface Secrets {
  add(secrets: readonly string[]): void;
  readonly redact: Redact;
}

export function createSecrets(first: readonly string[]): Secrets {
  const known = new Set(first);
  let redact = redactor(known);
  return {
    add(secrets) {
      const before = known.size;
      for (const secret of secrets) known.add(secret);
      if (known.size > before) redact = redactor(known);
    },
    redact: (text) => redact(text),
  };
}
