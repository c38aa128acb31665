/** A fake of `people.connections.list`, as https://developers.google.com/people documents it. */

import { type Answer, type Asked, type FakeApi, Refused, startFake } from '../../kit/fake-api.ts';
import { digits, flag, oneOf, type Parameters, required, text } from '../../kit/parameters.ts';
import { Contacts, type Revision } from './contacts.ts';
import { GoogleTokens, oauthError, type Tokens } from './tokens.ts';
import { failure, invalid, refusal, wrong } from './words.ts';

export interface Google extends FakeApi {
  readonly contacts: Contacts;
  readonly tokens: Tokens;
  /** Where refresh tokens are taken. */
  readonly tokenUrl: string;
  /** Moves the clock of the fake on: of access tokens, sync tokens and quotas. */
  advance(ms: number): void;
}

interface GoogleOptions {
  /** How many full syncs may begin in how many milliseconds; default: 60 in a minute. */
  readonly fullSyncs?: { readonly requests: number; readonly per: number };
}

const week = 7 * 86_400_000;

export async function startGoogle(options: GoogleOptions = {}): Promise<Google> {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const contacts = new Contacts(now);
  const tokens = new GoogleTokens(now);
  const admitFullSync = fullSyncQuota(now, options);
  const definition = {
    routes: {
      'POST /token': tokens.route,
      'GET /v1/people/me/connections': {
        query: parameters,
        answer: (asked: Asked) => connections(contacts, asked, now(), admitFullSync),
      },
    },
    admit: (asked: Asked) => {
      if (asked.route !== 'POST /token') tokens.admit(asked);
    },
    failure,
    wrong: (where: 'query' | 'body', name: string, problem: string) =>
      where === 'body'
        ? oauthError(400, 'invalid_request', `${name} ${problem}`)
        : wrong(where, name, problem),
  };
  const api = await startFake(definition, now);
  return {
    ...api,
    contacts,
    tokens,
    tokenUrl: `${api.url}/token`,
    advance(ms) {
      ahead += ms;
    },
  };
}

const parameters: Parameters = {
  personFields: required(text),
  pageSize: digits(0, 1000),
  pageToken: text,
  requestSyncToken: flag,
  syncToken: text,
  sortOrder: oneOf('LAST_MODIFIED_ASCENDING'),
  alt: oneOf('json'),
  prettyPrint: flag,
};

const masks = [
  'addresses',
  'biographies',
  'birthdays',
  'emailAddresses',
  'memberships',
  'metadata',
  'names',
  'nicknames',
  'organizations',
  'phoneNumbers',
  'photos',
  'urls',
  'userDefined',
];

/** What is in a page token: the last change when the walk began, and the last one it has told. */
interface Place {
  readonly asked: string;
  readonly start: number;
  readonly after: number;
}

/** What is in a sync token: the last change it knows, and when it was given. */
interface Known {
  readonly asked: string;
  readonly at: number;
  readonly number: number;
}

function connections(contacts: Contacts, { query }: Asked, now: number, admitFullSync: () => void): Answer {
  const mask = maskOf(query.personFields ?? '');
  const { pageToken, syncToken, ...others } = query;
  const asked = JSON.stringify(Object.entries(others).sort());
  const known = syncToken === undefined ? undefined : syncFrom(syncToken, asked, now);
  const first: Place = {
    asked: asked + syncToken,
    start: contacts.last,
    after: known?.number ?? 0,
  };
  const place = pageToken === undefined ? first : placeOf(pageToken, asked + syncToken);
  if (known === undefined && pageToken === undefined) admitFullSync();
  const rest = contacts
    .since(place.after)
    .filter(({ person }) => known !== undefined || person !== undefined);
  const page = rest.slice(0, Number(query.pageSize) || 100);
  const more = rest.length > page.length;
  const end = page.at(-1)?.number ?? place.after;
  const next: Known = { asked, at: now, number: place.start };
  const total = contacts.all().length;
  return {
    body: {
      // An empty list is left out, as everywhere at Google.
      connections: page.length === 0 ? undefined : page.map((revision) => masked(revision, mask)),
      nextPageToken: more ? sealed({ ...place, after: end }) : undefined,
      nextSyncToken: !more && query.requestSyncToken === 'true' ? sealed(next) : undefined,
      ...(known === undefined && { totalPeople: total, totalItems: total }),
    },
  };
}

function maskOf(personFields: string): readonly string[] {
  const mask = personFields.split(',');
  const unknown = mask.find((field) => !masks.includes(field));
  if (unknown !== undefined) throw invalid(`Invalid personFields mask path: "${unknown}".`);
  return mask;
}

/** Whatever the mask says, a person has its name; that it is deleted stands in its `metadata`. */
function masked({ resourceName, etag, updateTime, person }: Revision, mask: readonly string[]) {
  const source = { type: 'CONTACT', id: resourceName.slice('people/c'.length), etag, updateTime };
  const metadata = person === undefined ? { deleted: true } : { sources: [source], objectType: 'PERSON' };
  const fields = Object.entries({ ...person, metadata }).filter(([name]) => mask.includes(name));
  return { resourceName, etag, ...Object.fromEntries(fields) };
}

function syncFrom(syncToken: string, asked: string, now: number): Known {
  const known = opened<Known>(syncToken, 'at');
  if (known === undefined) throw invalid('Sync token is invalid.');
  if (known.at + week < now) {
    const message = 'Sync token is expired. Clear local cache and retry call without the sync token.';
    throw new Refused(refusal(400, 'FAILED_PRECONDITION', message, 'EXPIRED_SYNC_TOKEN'));
  }
  if (known.asked !== asked)
    throw invalid('Request parameters must match those of the call that provided the sync token.');
  return known;
}

function placeOf(pageToken: string, asked: string): Place {
  const place = opened<Place>(pageToken, 'after');
  if (place === undefined) throw invalid('Page token is invalid.');
  if (place.asked !== asked)
    throw invalid('Request parameters must match those of the call that provided the page token.');
  return place;
}

function sealed(content: Place | Known): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function opened<Content>(token: string, mark: string): Content | undefined {
  try {
    const content = JSON.parse(Buffer.from(token, 'base64url').toString());
    return content[mark] === undefined ? undefined : content;
  } catch {
    return undefined;
  }
}

/** Refuses more first pages of full syncs than the quota has, without saying when there is room again. */
function fullSyncQuota(now: () => number, { fullSyncs = { requests: 60, per: 60_000 } }: GoogleOptions) {
  let begun: number[] = [];
  return () => {
    begun = begun.filter((at) => at > now() - fullSyncs.per);
    if (begun.length >= fullSyncs.requests) throw new Refused(failure(429));
    begun.push(now());
  };
}
