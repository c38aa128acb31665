/** A fake of the Instantly API v2, as https://developer.instantly.ai/api/v2 documents it. */

import { Collection } from '../../kit/collection.ts';
import { type Answer, type Asked, type FakeApi, Refused, type Route, startFake } from '../../kit/fake-api.ts';
import {
  day,
  digits,
  oneOf,
  type Parameters,
  required,
  text,
  time,
  uuid,
  whole,
} from '../../kit/parameters.ts';
import { type Days, daily, ofCampaign, overview, steps, within } from './analytics.ts';
import type { Account, Campaign, Email, Lead, Sending } from './records.ts';
import { refusal, wrong } from './words.ts';

export interface Instantly extends FakeApi {
  readonly campaigns: Collection<Campaign>;
  readonly leads: Collection<Lead>;
  readonly accounts: Collection<Account>;
  readonly emails: Collection<Email>;
  /** All analytics are sums of these; by `campaign date step variant`. */
  readonly sendings: Collection<Sending>;
  /** Keys that are let in; a key taken out is refused with 401. */
  readonly keys: Set<string>;
  /** Fields that no answer has any more. */
  readonly withheld: Set<string>;
}

interface InstantlyOptions {
  readonly now?: () => number;
  /** How many requests `GET /emails` takes in how many milliseconds; default: 20 in a minute. */
  readonly emailLimit?: { readonly requests: number; readonly per: number };
}

/** The key that is let in at first. */
export const instantlyKey = 'instantly-key-for-tests';

export async function startInstantly(options: InstantlyOptions = {}): Promise<Instantly> {
  const { now = Date.now } = options;
  const data = emptyData(now);
  const routes = { ...lists(data), ...analytics(data), 'GET /emails': emailList(data, emailLimit(options)) };
  const definition = {
    base: '/api/v2',
    routes: Object.fromEntries(
      Object.entries(routes).map(([name, route]) => [name, withholding(route, data.withheld)]),
    ),
    admit: ({ headers }: Asked) => {
      const key = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      if (!data.keys.has(key ?? '')) throw new Refused(refusal(401, 'Invalid API key'));
    },
    failure: (status: number, { method, url }: Asked) =>
      refusal(status, status === 404 ? `Route ${method}:${url} not found` : 'The request failed'),
    wrong,
  };
  return { ...(await startFake(definition, now)), ...data };
}

type Data = Omit<Instantly, keyof FakeApi>;

function emptyData(now: () => number): Data {
  const touched = <Item extends object>(item: Item): Item => ({
    ...item,
    timestamp_updated: new Date(now()).toISOString(),
  });
  return {
    campaigns: new Collection<Campaign>(({ id }) => id, touched),
    leads: new Collection<Lead>(({ id }) => id, touched),
    accounts: new Collection<Account>(({ email }) => email, touched),
    emails: new Collection<Email>(({ id }) => id),
    sendings: new Collection<Sending>((one) => [one.campaign, one.date, one.step, one.variant].join(' ')),
    keys: new Set([instantlyKey]),
    withheld: new Set(),
  };
}

const paging: Parameters = { limit: digits(1, 100), starting_after: text, search: text };

function lists(data: Data): { readonly [route: string]: Route } {
  return {
    'GET /campaigns': {
      query: { ...paging, status: digits(0, 4) },
      answer: ({ query }) =>
        listed(
          data.campaigns,
          query,
          (campaign) => same(campaign.status, query.status) && found(campaign.name, query),
        ),
    },
    'GET /accounts': {
      query: { ...paging, status: digits(0, 3), provider_code: digits(1, 8) },
      answer: ({ query }) =>
        listed(
          data.accounts,
          query,
          (account) =>
            same(account.status, query.status) &&
            same(account.provider_code, query.provider_code) &&
            found(account.email, query),
        ),
    },
    // The one list that is asked for by POST: its page stands in the body.
    'POST /leads/list': {
      json: { campaign: uuid, limit: whole(1, 100), starting_after: text, search: text },
      answer: ({ fields }) => {
        const asked = fields as {
          campaign?: string;
          limit?: number;
          starting_after?: string;
          search?: string;
        };
        return listed(
          data.leads,
          asked,
          (lead) => same(lead.campaign, asked.campaign) && found(lead.email, asked),
        );
      },
    },
  };
}

function emailList(data: Data, admit: (asked: Asked) => void): Route {
  return {
    query: {
      ...paging,
      campaign_id: uuid,
      lead: text,
      eaccount: text,
      email_type: oneOf('sent', 'received'),
      min_timestamp_created: time,
      max_timestamp_created: time,
      sort_order: oneOf('asc', 'desc'),
    },
    answer: (asked) => {
      admit(asked);
      const { query } = asked;
      return listed(data.emails, query, (email) => isWanted(email, query), query.sort_order !== 'asc');
    },
  };
}

function analytics(data: Data): { readonly [route: string]: Route } {
  const period: Parameters = { start_date: day, end_date: day };
  const sent = (query: Asked['query'], campaign: string | undefined) => {
    const days: Days = { from: query.start_date, to: query.end_date };
    return within(data.sendings.all(), days).filter((sending) => same(sending.campaign, campaign));
  };
  return {
    'GET /campaigns/analytics': {
      query: { ...period, id: uuid },
      answer: ({ query }) => ({
        body: data.campaigns
          .all()
          .filter(({ id }) => same(id, query.id))
          .map((campaign) => ofCampaign(campaign, data.leads.all(), sent(query, campaign.id))),
      }),
    },
    'GET /campaigns/analytics/overview': {
      query: { ...period, id: uuid },
      answer: ({ query }) => {
        const leads = data.leads.all().filter(({ campaign }) => same(campaign, query.id));
        return { body: overview(leads, sent(query, query.id)) };
      },
    },
    'GET /campaigns/analytics/daily': {
      query: { start_date: required(day), end_date: required(day), campaign_id: uuid },
      answer: ({ query }) => ({ body: daily(sent(query, query.campaign_id)) }),
    },
    'GET /campaigns/analytics/steps': {
      query: { ...period, campaign_id: uuid },
      answer: ({ query }) => ({ body: steps(sent(query, query.campaign_id)) }),
    },
  };
}

interface ListQuery {
  readonly limit?: string | number;
  readonly starting_after?: string;
  readonly search?: string;
}

function listed<Item extends object>(
  items: Collection<Item>,
  { limit = 10, starting_after }: ListQuery,
  wanted: (item: Item) => boolean,
  backwards = false,
): Answer {
  const page = items.page(Number(limit), starting_after, wanted, backwards);
  return { body: { items: page.items, next_starting_after: page.last } };
}

function isWanted(email: Email, query: Asked['query']): boolean {
  const { min_timestamp_created: min, max_timestamp_created: max } = query;
  const at = Date.parse(email.timestamp_created);
  const type = email.ue_type === 2 ? 'received' : 'sent';
  return (
    same(email.campaign_id, query.campaign_id) &&
    same(email.lead, query.lead) &&
    same(email.eaccount, query.eaccount) &&
    same(type, query.email_type) &&
    found(email.subject, query) &&
    (min === undefined || Date.parse(min) <= at) &&
    (max === undefined || at <= Date.parse(max))
  );
}

/** Refuses more requests than fit into any span of that length, and says when there is room again. */
function emailLimit({ now = Date.now, emailLimit = { requests: 20, per: 60_000 } }: InstantlyOptions) {
  let taken: number[] = [];
  return () => {
    taken = taken.filter((at) => at > now() - emailLimit.per);
    const [oldest] = taken;
    if (oldest !== undefined && taken.length >= emailLimit.requests) {
      const seconds = Math.ceil((oldest + emailLimit.per - now()) / 1000);
      throw new Refused(
        refusal(429, `Rate limit exceeded, retry in ${seconds} seconds`, { 'retry-after': String(seconds) }),
      );
    }
    taken.push(now());
  };
}

function withholding(route: Route, withheld: ReadonlySet<string>): Route {
  return {
    ...route,
    answer: (asked) => {
      const answer = route.answer(asked);
      const kept = (name: string, value: unknown) => (withheld.has(name) ? undefined : value);
      return withheld.size === 0
        ? answer
        : { ...answer, body: JSON.parse(JSON.stringify(answer.body, kept)) };
    },
  };
}

function same(value: string | number, asked: string | undefined): boolean {
  return asked === undefined || String(value) === asked;
}

function found(name: string, { search }: ListQuery): boolean {
  return search === undefined || name.toLowerCase().includes(search.toLowerCase());
}
