import { TextDecoder } from 'node:util';
import { SyncError } from '../model/errors.ts';

/**
 * Decodes the bytes of a file. A byte order mark is dropped; a byte the encoding has no character for is an error
 * that names its place, never a replacement character.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
  file: string,
): AsyncGenerator<string> {
  const decoder = decoderOf(encoding);
  let offset = 0;
  let before: Uint8Array = new Uint8Array();
  for await (const bytes of chunks) {
    const text = decode(decoder, bytes);
    if (text === undefined) throw undecodable(encoding, file, offset, before, bytes);
    if (text !== '') yield text;
    offset += bytes.length;
    before = bytes;
  }
  if (decode(decoder) === undefined) {
    throw new SyncError('source/encoding', `${file} ends in the middle of a character (${encoding})`, {
      hint: 'The file was probably cut off. Have it written again.',
    });
  }
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new SyncError('source/encoding', `"${encoding}" is not an encoding`, {
      hint: 'Common ones are utf-8, utf-16le, windows-1252, iso-8859-2 and shift_jis.',
      cause,
    });
  }
}

/**
 * Undefined when the bytes cannot be decoded; without bytes, ends the text. Always as a stream: without, Node 20 and
 * some later versions take windows-1252 for Latin-1.
 */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string | undefined {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function undecodable(
  encoding: string,
  file: string,
  offset: number,
  before: Uint8Array,
  bytes: Uint8Array,
): SyncError {
  const at = offset + firstBad(encoding, unfinished(encoding, before), bytes);
  return new SyncError('source/encoding', `${file} is not ${encoding}: byte ${at} cannot be decoded`, {
    hint: 'Set `encoding` to what the file is written in, such as windows-1252 or utf-16le.',
  });
}

/** The bytes at the end of a decoded chunk that wait for the rest of their character. */
function unfinished(encoding: string, bytes: Uint8Array): Uint8Array {
  const tails = [3, 2, 1].map((length) => bytes.subarray(Math.max(0, bytes.length - length)));
  return tails.find((tail) => decode(decoderOf(encoding), tail) === '') ?? new Uint8Array();
}

/** The place of the byte that made decoding fail: the end of the longest prefix that decodes. */
function firstBad(encoding: string, tail: Uint8Array, bytes: Uint8Array): number {
  const decodes = (length: number): boolean =>
    decode(decoderOf(encoding), Buffer.concat([tail, bytes.subarray(0, length)])) !== undefined;
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
