import { createHmac } from 'node:crypto';

/**
 * The headers that a receiver knows a message by: who sent it, that it was not changed, and that it is not an old one
 * sent again. As the Standard Webhooks specification 1.0.0 has it: https://www.standardwebhooks.com
 */
export function signatureHeaders(
  { id, secret, at }: { readonly id: string; readonly secret?: string; readonly at: Date },
  body: string,
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
