import { readFileSync, statSync } from 'node:fs';

/** The text of a file, or why it cannot be read. */
export type TextFile =
  | { readonly text: string }
  | { readonly problem: 'missing' | 'unreadable' | 'too_large' | 'not_text'; readonly reason: string };

/** A config of a megabyte takes the parser a second; a larger file is neither a config nor a secret. */
const maxBytes = 1_000_000;

/** Reads a small file of UTF-8 text; a byte order mark is taken away. */
export function readTextFile(file: string): TextFile {
  let bytes: Uint8Array;
  try {
    const stats = statSync(file);
    // Reading from a device or a pipe may never end.
    if (!stats.isFile()) return { problem: 'unreadable', reason: 'it is not a file' };
    if (stats.size > maxBytes) {
      return { problem: 'too_large', reason: `it has ${stats.size} bytes, and ${maxBytes} is the most` };
    }
    bytes = readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { problem: 'missing', reason: 'there is no such file' };
    if (code === 'EACCES') return { problem: 'unreadable', reason: 'you may not read it' };
    return { problem: 'unreadable', reason: cause instanceof Error ? cause.message : String(cause) };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { text };
  } catch {
    // Other encodings are told below, as NUL characters are.
  }
  return { problem: 'not_text', reason: 'it is not UTF-8 text' };
}
