import { SyncError } from '../../model/errors.ts';

/**
 * The address of a daemon as a person gives it, without a slash at its end. Throws `usage/invalid` for what is none, and
 * `usage/insecure_url` where the token would cross a network in the clear.
 */
export function daemonAddress(text: string, options: { readonly insecure: boolean }): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || hasMore(url))
    throw new SyncError('usage/invalid', '--url: this is not the address of a daemon', {
      hint: 'Such as http://127.0.0.1:7433. The token goes into --token-file or SYNCLINE_TOKEN, never into the address.',
    });
  if (url.protocol === 'http:' && !isThisMachine(url.hostname) && !options.insecure) throw insecure(url);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A tunnel has the same port at both ends: the daemon looks at what it is asked for as `Host`. */
function insecure({ origin, port, hostname }: URL): SyncError {
  const end = port || '80';
  return new SyncError('usage/insecure_url', `${origin} is another machine, and http has no encryption`, {
    hint: `Tunnel it: \`ssh -N -L ${end}:127.0.0.1:${end} ${hostname}\`; or have something in front of it speak https. --insecure sends the token all the same.`,
  });
}

/** A secret may be in it. */
function hasMore({ username, password, search, hash }: URL): boolean {
  return username + password + search + hash !== '';
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
