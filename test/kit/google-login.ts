/** Where Google gives access tokens to service accounts: for what they sign by their key. */

import { createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

export interface GoogleLogin {
  /** The text of a key file. */
  readonly key: string;
  /** The claims of each grant, in order. */
  readonly claims: readonly { readonly [name: string]: unknown }[];
}

/** Starts one that gives this token until the test ends. */
export async function startGoogleLogin(token: string): Promise<GoogleLogin> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const claims: { [name: string]: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body = new URLSearchParams(await text(request));
    const [head = '', payload = '', signature = ''] = (body.get('assertion') ?? '').split('.');
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${payload}`)
      .verify(publicKey, signature, 'base64url');
    const isGrant = body.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const isGood = request.url === '/token' && isGrant && isSigned;
    if (isGood) claims.push(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    const answer = isGood
      ? { access_token: token, token_type: 'Bearer', expires_in: 3599 }
      : { error: 'invalid_grant' };
    response
      .writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer));
  });
  const key = {
    type: 'service_account',
    client_email: 'sync@example.iam.gserviceaccount.com',
    private_key: privateKey,
    private_key_id: 'key-1',
    token_uri: `http://${await listen(server)}/token`,
  };
  return { key: JSON.stringify(key), claims };
}
