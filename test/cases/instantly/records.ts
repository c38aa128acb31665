/** What the Instantly API holds, and records of each kind to begin with. */

interface Dated {
  timestamp_created: string;
  timestamp_updated: string;
}

export interface Campaign extends Dated {
  id: string;
  name: string;
  /** 0 draft, 1 active, 2 paused, 3 completed. */
  status: number;
  daily_limit: number;
  /** Whatever else the API sends with it. */
  [field: string]: unknown;
}

export interface Lead extends Dated {
  id: string;
  campaign: string;
  email: string;
  first_name: string;
  last_name: string;
  company_name: string;
  /** 1 active, 3 completed. */
  status: number;
  email_open_count: number;
  email_reply_count: number;
  payload: { [field: string]: unknown };
  [field: string]: unknown;
}

export interface Account extends Dated {
  email: string;
  first_name: string;
  last_name: string;
  status: number;
  warmup_status: number;
  stat_warmup_score: number;
  daily_limit: number;
  provider_code: number;
  [field: string]: unknown;
}

export interface Email {
  id: string;
  timestamp_created: string;
  campaign_id: string;
  lead: string;
  eaccount: string;
  subject: string;
  body: { text: string };
  /** 1 sent, 2 received. */
  ue_type: number;
  [field: string]: unknown;
}

export interface Counts {
  sent: number;
  contacted: number;
  opened: number;
  unique_opened: number;
  replies: number;
  unique_replies: number;
  clicks: number;
  unique_clicks: number;
  bounced: number;
  unsubscribed: number;
  opportunities: number;
  opportunity_value: number;
}

/** What one variant of a step of a campaign did in a day: all analytics are sums of these. */
export interface Sending extends Counts {
  campaign: string;
  /** As `2025-10-20`. */
  date: string;
  step: string;
  variant: string;
}

export const noCounts: Readonly<Counts> = {
  sent: 0,
  contacted: 0,
  opened: 0,
  unique_opened: 0,
  replies: 0,
  unique_replies: 0,
  clicks: 0,
  unique_clicks: 0,
  bounced: 0,
  unsubscribed: 0,
  opportunities: 0,
  opportunity_value: 0,
};

const dawn = '2025-09-01T08:00:00.000Z';

/** An id as the API makes them: later ones are greater. */
export function idAt(time: string, n: number): string {
  const hex = Date.parse(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

export function campaign(n: number, fields: Partial<Campaign> = {}): Campaign {
  const id = idAt(dawn, n);
  return { id, name: `Campaign ${n}`, status: 1, daily_limit: 50, ...dated(dawn), ...fields };
}

export function lead(campaign: string, n: number, fields: Partial<Lead> = {}): Lead {
  return {
    id: idAt(dawn, n),
    campaign,
    email: `lead${n}@example.com`,
    first_name: 'Lena',
    last_name: `Example ${n}`,
    company_name: `Company ${n}`,
    status: 1,
    email_open_count: 0,
    email_reply_count: 0,
    payload: { jobTitle: 'Owner' },
    ...dated(dawn),
    ...fields,
  };
}

export function account(n: number, fields: Partial<Account> = {}): Account {
  return {
    email: `sender${n}@example.com`,
    first_name: 'Sam',
    last_name: `Sender ${n}`,
    status: 1,
    warmup_status: 1,
    stat_warmup_score: 90,
    daily_limit: 30,
    provider_code: 2,
    ...dated(dawn),
    ...fields,
  };
}

/** A mail of that time; the order of ids is the order of times. */
export function email(campaign: string, n: number, time: string, fields: Partial<Email> = {}): Email {
  return {
    id: idAt(time, n),
    timestamp_created: time,
    campaign_id: campaign,
    lead: `lead${n}@example.com`,
    eaccount: 'sender1@example.com',
    subject: `Subject ${n}`,
    body: { text: `Text ${n}` },
    ue_type: 1,
    ...fields,
  };
}

export function sending(campaign: string, date: string, numbers: Partial<Sending> = {}): Sending {
  return { campaign, date, step: '1', variant: '0', ...noCounts, ...numbers };
}

function dated(time: string): Dated {
  return { timestamp_created: time, timestamp_updated: time };
}
