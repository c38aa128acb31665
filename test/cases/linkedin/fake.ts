/** A fake of the LinkedIn Marketing API, as https://learn.microsoft.com/linkedin/marketing documents it. */

import { Collection } from '../../kit/collection.ts';
import { type Answer, type Asked, type FakeApi, Refused, type Route, startFake } from '../../kit/fake-api.ts';
import { digits, oneOf, type Parameters, required, text } from '../../kit/parameters.ts';
import { elementsOf, parsed, pivots, urns } from './analytics.ts';
import { type AdAccount, type AdCampaign, type Creative, type Post, type Showing, urn } from './records.ts';
import { searchOf } from './search.ts';
import { failure, invalid, refusal, wrong } from './words.ts';

export interface LinkedIn extends FakeApi {
  readonly accounts: Collection<AdAccount>;
  readonly campaigns: Collection<AdCampaign>;
  readonly creatives: Collection<Creative>;
  readonly posts: Collection<Post>;
  /** All analytics are sums of these; by `creative date audience`. */
  readonly showings: Collection<Showing>;
  /** Ids of accounts, campaigns and creatives that the caller may not see: their places on a page stay empty. */
  readonly hidden: Set<number | string>;
  readonly tokens: Set<string>;
  /** Versions that are alive, such as `202601`. */
  readonly versions: Set<string>;
}

interface LinkedInOptions {
  readonly now?: () => number;
  /** Beyond so many rows `adAnalytics` leaves the others out without a word; default: 15,000. */
  readonly maxRows?: number;
}

/** The token that is let in at first. */
export const linkedInToken = 'linkedin-token-for-tests';

export async function startLinkedIn({ now, maxRows = 15_000 }: LinkedInOptions = {}): Promise<LinkedIn> {
  const data = emptyData();
  const definition = {
    base: '/rest',
    routes: { ...structure(data), ...reporting(data, maxRows) },
    admit: (asked: Asked) => admit(asked, data),
    failure,
    wrong,
  };
  return { ...(await startFake(definition, now)), ...data };
}

type Data = Omit<LinkedIn, keyof FakeApi>;

function emptyData(): Data {
  return {
    accounts: new Collection<AdAccount>(({ id }) => String(id)),
    campaigns: new Collection<AdCampaign>(({ id }) => String(id)),
    creatives: new Collection<Creative>(({ id }) => id),
    posts: new Collection<Post>(({ id }) => id),
    showings: new Collection<Showing>((one) => `${one.creative} ${one.date} ${JSON.stringify(one.audience)}`),
    hidden: new Set(),
    tokens: new Set([linkedInToken]),
    versions: new Set(['202510', '202511', '202512', '202601', '202602', '202603']),
  };
}

function admit({ headers }: Asked, { tokens, versions }: Data): void {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Refused(refusal(401, 'INVALID_ACCESS_TOKEN', 'Invalid access token'));
  if (!tokens.has(token)) throw new Refused(failure(401));
  const version = headers['linkedin-version'];
  if (typeof version !== 'string')
    throw new Refused(
      refusal(400, 'VERSION_MISSING', 'A version must be present in the LinkedIn-Version header'),
    );
  if (!versions.has(version))
    throw new Refused(refusal(426, 'NONEXISTENT_VERSION', `Requested version ${version}01 is not active`));
  if (headers['x-restli-protocol-version'] !== '2.0.0')
    throw new Refused(refusal(400, 'ILLEGAL_ARGUMENT', 'X-Restli-Protocol-Version must be 2.0.0'));
}

const paging: Parameters = { pageSize: digits(1, 1000), pageToken: text };

function structure(data: Data): { readonly [route: string]: Route } {
  const finder: Parameters = { ...paging, q: required(oneOf('search')), search: text };
  return {
    'GET /adAccounts': {
      query: finder,
      answer: (asked) => listed(data, data.accounts, asked, searchOf(asked.raw.search)),
    },
    'GET /adAccounts/{id}/adCampaigns': {
      query: finder,
      answer: (asked) => {
        const account = accountOf(data, asked);
        const matches = searchOf(asked.raw.search);
        return listed(data, data.campaigns, asked, (one) => one.account === account && matches(one));
      },
    },
    'GET /adAccounts/{id}/creatives': {
      query: { ...paging, q: required(oneOf('criteria')), campaigns: text },
      answer: (asked) => {
        const account = accountOf(data, asked);
        const { campaigns } = asked.raw;
        const wanted = campaigns && urns(campaigns, 'campaigns', /^urn:li:sponsoredCampaign:\d+$/);
        return listed(
          data,
          data.creatives,
          asked,
          (one) => one.account === account && (!wanted || wanted.includes(one.campaign)),
        );
      },
    },
    'GET /adAccounts/{id}/creatives/{urn}': {
      answer: (asked) => {
        const account = accountOf(data, asked);
        return single(data.creatives, asked.places[1], (one) => one.account === account);
      },
    },
    'GET /posts/{urn}': { answer: ({ places }) => single(data.posts, places[0], () => true) },
  };
}

function reporting(data: Data, maxRows: number): { readonly [route: string]: Route } {
  return {
    'GET /adAnalytics': {
      query: {
        q: required(oneOf('analytics')),
        pivot: required(oneOf(...pivots)),
        timeGranularity: required(oneOf('DAILY', 'ALL')),
        dateRange: required(text),
        accounts: text,
        campaigns: text,
        fields: text,
      },
      answer: (asked) => {
        const all = elementsOf(data.showings.all(), (id) => data.creatives.get(id), asked);
        return { body: { elements: all.slice(0, maxRows), paging: { start: 0, count: 10, links: [] } } };
      },
    },
  };
}

/** The URN of the account in the path, if there is such an account. */
function accountOf({ accounts, hidden }: Data, { places: [id = ''] }: Asked): string {
  if (!/^\d+$/.test(id)) throw invalid('adAccount', 'it must be the number of an account');
  if (accounts.get(id) === undefined || hidden.has(Number(id))) throw new Refused(failure(403));
  return urn('sponsoredAccount', Number(id));
}

/** A page token says where the next page begins; a page may hold less than was asked for and not be the last. */
function listed<Item extends { readonly id: number | string }>(
  { hidden }: Data,
  items: Collection<Item>,
  { query, url }: Asked,
  wanted: (item: Item) => boolean,
): Answer {
  const [path] = url.split('?');
  const token = query.pageToken === undefined ? undefined : after(query.pageToken, path);
  const page = items.page(Number(query.pageSize ?? 100), token, wanted);
  const elements = page.items.filter(({ id }) => !hidden.has(id));
  const next = page.last && Buffer.from(JSON.stringify([path, page.last])).toString('base64url');
  return { body: { elements, metadata: { nextPageToken: next } } };
}

function after(pageToken: string, path: string | undefined): string {
  const [, of, last] = /^\["(.+)","(.+)"\]$/.exec(Buffer.from(pageToken, 'base64url').toString()) ?? [];
  if (of !== path || last === undefined) throw invalid('pageToken', 'it is not a token of this list');
  return last;
}

/** A record by the URN in the path, whose colons are encoded. */
function single<Item extends object>(
  items: Collection<Item>,
  place = '',
  visible: (item: Item) => boolean,
): Answer {
  const item = items.get(String(parsed(place, 'id')));
  return item === undefined || !visible(item)
    ? refusal(404, 'NOT_FOUND', 'Entity not found')
    : { body: item };
}
