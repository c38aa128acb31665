/** The codes of requests to servers, as part of the whole catalogue in `codes.ts`. */
export const httpCodes = {
  'http/certificate':
    'A server proved who it is with a certificate that is not trusted, or the file named by `ca` holds none. Nothing was sent. If the authority is your own, name its certificate with `ca`, or for all of Node with `NODE_EXTRA_CA_CERTS`.',
  'http/charset':
    'An answer says that it is text of one charset, and its bytes are not. Nothing is guessed or replaced: have the server say the charset it writes.',
  'http/connection':
    'A server cannot be reached, or drops the connection before it answers, and did so in every try. Check the host and port, the network, and the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.',
  'http/cut_off':
    'Answers came shorter or longer than their headers say, damaged, empty, or not as JSON, in every try. A part of an answer is never taken for the whole.',
  'http/login':
    'The server that gives out tokens did not give one: nobody has logged in yet, the login has ended, or it does not accept what `auth` holds. The message has what it says. `syncline auth NAME` logs in with a browser; other kinds of `auth` need a new secret in the config.',
  'http/not_json':
    'An answer of success is a web page, or JSON that is nested deeper than 500 levels, where data should be. A page often asks to log in: check the URL and the credentials.',
  'http/origin':
    'An address found in an answer leads away from the origin of the `base_url`, or to this machine or its link. Nothing was sent there. A host that is meant goes into `allow_hosts`; it gets no credentials.',
  'http/rate_limited':
    'The server asks to be left alone for longer than `retry.max_wait`, refused every try for being asked too often, or the `rate_limit` of the config is used up for that long. The message tells when to come back, where that is known: run again then, and the run goes on where it stopped.',
  'http/redirect':
    'A server redirected a request more than 10 times, from https to http, to something that is not http, or away to another origin with the body it holds. Set the `base_url` to where the API really is.',
  'http/request':
    'A request cannot be sent as it is written: its address is not an http or https URL or holds a user and password, or a header holds a line end or another character that no header may hold. A token read from a file often ends in a line end.',
  'http/status':
    'A server answered that it cannot or will not do what was asked; the message has the status, and what the server says of it. Statuses such as 503 were tried again before, others such as 400, 403 and 404 are final.',
  'http/timeout':
    'A server did not connect, or was silent, for as long as `timeout` allows, in every try. Ask for less at once, or allow more time.',
  'http/too_large':
    'The body of an answer is larger than allowed, as it came or unpacked. Ask for less at once: smaller pages, or a shorter window.',
  'http/unauthorized':
    'A server does not accept the credentials (401), nor renewed ones where there are any. Check the token or password, and whether it has expired.',
} as const;
