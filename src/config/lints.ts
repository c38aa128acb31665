/** What is wrong with a scalar that YAML reads otherwise than it looks. */
export interface Lint {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly help: string;
}

/** Judges an unquoted scalar: `source` is its text in the file, `value` what YAML made of it. */
export function lintScalar(source: string, value: unknown): Lint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return lintNumber(source, value);
  if (typeof value !== 'string') return undefined;
  if (/^(yes|on|no|off)$/i.test(source)) {
    const boolean = /^(yes|on)$/i.test(source);
    return warning(
      `${source} is text, not ${boolean}`,
      `Write ${boolean}, or, if text is meant: "${source}"`,
    );
  }
  if (/^[-+]?[0-9]+(_[0-9]+)+$/.test(source)) {
    const number = source.replaceAll('_', '');
    return warning(`${source} is text, not a number`, `Write ${number}, or, if text is meant: "${source}"`);
  }
  return undefined;
}

function lintNumber(source: string, value: number | bigint): Lint | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return {
      severity: 'error',
      message: `${source} is not a number that can be stored`,
      help: `If text is meant, put it in quotes: "${source}"`,
    };
  }
  const canonical = String(value);
  if (canonical === source) return undefined;
  return warning(
    `${source} becomes the number ${canonical}`,
    `To keep it as it is written, put it in quotes: "${source}". If the number is meant, write ${canonical}.`,
  );
}

function warning(message: string, help: string): Lint {
  return { severity: 'warning', message, help };
}
