/** What the LinkedIn Marketing API holds, and records of each kind to begin with. */

export interface AdAccount {
  id: number;
  name: string;
  status: string;
  currency: string;
  type: string;
  test: boolean;
  [field: string]: unknown;
}

export interface AdCampaign {
  id: number;
  /** The account, as a URN. */
  account: string;
  name: string;
  status: string;
  type: string;
  costType: string;
  dailyBudget: { amount: string; currencyCode: string };
  test: boolean;
  [field: string]: unknown;
}

export interface Creative {
  /** A URN. */
  id: string;
  account: string;
  campaign: string;
  intendedStatus: string;
  /** The URN of a post, where it has one. */
  content: { reference?: string };
  createdAt: number;
  [field: string]: unknown;
}

export interface Post {
  /** A URN. */
  id: string;
  author: string;
  commentary: string;
  lifecycleState: string;
  /** The name that people know it by. */
  adContext: { dscName: string; dscStatus: string };
  [field: string]: unknown;
}

export interface Metrics {
  impressions: number;
  clicks: number;
  likes: number;
  shares: number;
  externalWebsiteConversions: number;
  oneClickLeads: number;
  /** Decimal text. */
  costInLocalCurrency: string;
}

/** What a creative did in a day, seen by whom: the analytics of every pivot are sums of these. */
export interface Showing extends Metrics {
  creative: string;
  /** As `2025-10-20`. */
  date: string;
  /** The URN of what the audience has in common, by pivot: `{ MEMBER_JOB_TITLE: 'urn:li:title:3' }`. */
  audience: { readonly [pivot: string]: string };
}

export const noMetrics: Readonly<Metrics> = {
  impressions: 0,
  clicks: 0,
  likes: 0,
  shares: 0,
  externalWebsiteConversions: 0,
  oneClickLeads: 0,
  costInLocalCurrency: '0',
};

export function urn(kind: string, id: number): string {
  return `urn:li:${kind}:${id}`;
}

export function adAccount(id: number, fields: Partial<AdAccount> = {}): AdAccount {
  const rest = { status: 'ACTIVE', currency: 'EUR', type: 'BUSINESS', test: false };
  return { id, name: `Account ${id}`, ...rest, ...fields };
}

export function adCampaign(account: number, id: number, fields: Partial<AdCampaign> = {}): AdCampaign {
  return {
    id,
    account: urn('sponsoredAccount', account),
    name: `Campaign ${id}`,
    status: 'ACTIVE',
    type: 'SPONSORED_UPDATES',
    costType: 'CPM',
    dailyBudget: { amount: '20.50', currencyCode: 'EUR' },
    test: false,
    ...fields,
  };
}

/** A creative of a campaign; its content is the post of the same number. */
export function creative(campaign: AdCampaign, id: number, fields: Partial<Creative> = {}): Creative {
  return {
    id: urn('sponsoredCreative', id),
    account: campaign.account,
    campaign: urn('sponsoredCampaign', campaign.id),
    intendedStatus: 'ACTIVE',
    content: { reference: urn('share', id) },
    createdAt: Date.parse('2025-09-01T08:00:00Z'),
    ...fields,
  };
}

export function post(id: number, fields: Partial<Post> = {}): Post {
  return {
    id: urn('share', id),
    author: 'urn:li:organization:77',
    commentary: `What we learned, part ${id}`,
    lifecycleState: 'PUBLISHED',
    adContext: { dscName: `Post ${id}`, dscStatus: 'ACTIVE' },
    ...fields,
  };
}

export function showing(creative: number, date: string, numbers: Partial<Showing> = {}): Showing {
  return { creative: urn('sponsoredCreative', creative), date, audience: {}, ...noMetrics, ...numbers };
}
