/** Texts that only who has the key can read: AES-256-GCM, its key made of ours by scrypt with a salt for each text. */

import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const algorithm = 'aes-256-gcm';
const lengths = { salt: 16, iv: 12, tag: 16 } as const;

const keyOf: (key: string, salt: Uint8Array, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt);

/** `place` is where the text is kept: put elsewhere it cannot be opened. */
export async function seal(text: string, key: string, place: string): Promise<string> {
  const salt = randomBytes(lengths.salt);
  const iv = randomBytes(lengths.iv);
  const cipher = createCipheriv(algorithm, await keyOf(key, salt, 32, cost), iv);
  cipher.setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]).toString('base64');
}

/** Undefined where it was sealed with another key or at another place, or was changed since. */
export async function unseal(sealed: string, key: string, place: string): Promise<string | undefined> {
  const bytes = Buffer.from(sealed, 'base64');
  const [salt, iv, tag, rest] = cut(bytes);
  const secret = await keyOf(key, salt, 32, cost);
  try {
    const decipher = createDecipheriv(algorithm, secret, iv, { authTagLength: lengths.tag });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Of scrypt: 32 MB and some 50 ms for each guess at a key. */
const cost: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

function cut(bytes: Buffer): [Buffer, Buffer, Buffer, Buffer] {
  const { salt, iv, tag } = lengths;
  return [
    bytes.subarray(0, salt),
    bytes.subarray(salt, salt + iv),
    bytes.subarray(salt + iv, salt + iv + tag),
    bytes.subarray(salt + iv + tag),
  ];
}
