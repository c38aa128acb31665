import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** A body that is not what its headers say: damaged or cut off. */
export class BrokenBody extends Error {
  override readonly name = 'BrokenBody';
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

const unzip = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
};

/** What to put into `Accept-Encoding`. */
export const acceptedEncodings = 'gzip, deflate, br';

/** Unpacks a body that arrived whole; `limit` bounds its bytes before and after. */
export async function unpack(packed: Uint8Array, encoding: string, limit: number): Promise<Uint8Array> {
  const encodings = encoding.split(',').map((name) => name.trim().toLowerCase());
  let bytes = packed;
  // The last one was applied last.
  for (const name of encodings.filter((name) => name !== '' && name !== 'identity').reverse())
    bytes = await unpackOnce(bytes, name, limit);
  return bytes;
}

async function unpackOnce(bytes: Uint8Array, name: string, limit: number): Promise<Uint8Array> {
  if (bytes.length === 0) return bytes;
  if (!isKnown(name)) throw new BrokenBody(`is packed as "${name}", which was not asked for`);
  try {
    return await unpackerOf(name, bytes)(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge();
    throw new BrokenBody(
      `is cut off or damaged (${name}: ${cause instanceof Error ? cause.message : cause})`,
    );
  }
}

function isKnown(name: string): name is keyof typeof unzip {
  return Object.hasOwn(unzip, name);
}

/** Some servers leave out the header that `deflate` should have. */
function unpackerOf(name: keyof typeof unzip, bytes: Uint8Array) {
  const headless = name === 'deflate' && ((bytes[0] ?? 0) & 0x0f) !== 8;
  return headless ? promisify(inflateRaw) : unzip[name];
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
