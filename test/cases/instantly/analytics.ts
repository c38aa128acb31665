/** The analytics of the Instantly API, added up from what was sent. */

import { type Campaign, type Counts, type Lead, noCounts, type Sending } from './records.ts';

/** From the first day to the last, both included; nothing said means all. */
export interface Days {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export function within(sendings: readonly Sending[], { from, to }: Days): Sending[] {
  return sendings.filter(({ date }) => (from ?? date) <= date && date <= (to ?? date));
}

export function ofCampaign(campaign: Campaign, leads: readonly Lead[], sendings: readonly Sending[]) {
  const own = leads.filter((lead) => lead.campaign === campaign.id);
  return {
    campaign_id: campaign.id,
    campaign_name: campaign.name,
    campaign_status: campaign.status,
    leads_count: own.length,
    completed_count: own.filter(({ status }) => status === 3).length,
    ...totals(sum(sendings.filter((sending) => sending.campaign === campaign.id))),
  };
}

export function overview(leads: readonly Lead[], sendings: readonly Sending[]) {
  const counts = sum(sendings);
  return {
    ...totals(counts),
    completed_count: leads.filter(({ status }) => status === 3).length,
    open_count_unique: counts.unique_opened,
    reply_count_unique: counts.unique_replies,
    link_click_count_unique: counts.unique_clicks,
  };
}

/** A row for each day on which something was sent. */
export function daily(sendings: readonly Sending[]) {
  return grouped(sendings, ({ date }) => date).map(([date, counts]) => ({
    date,
    contacted: counts.contacted,
    new_leads_contacted: counts.contacted,
    ...perPeriod(counts),
  }));
}

/** A row for each variant of each step. */
export function steps(sendings: readonly Sending[]) {
  return grouped(sendings, ({ step, variant }) => `${step} ${variant}`).map(([name, counts]) => {
    const [step, variant] = name.split(' ');
    return { step, variant, ...perPeriod(counts) };
  });
}

/** The sums of all that share a name, in the order of the names. */
function grouped(sendings: readonly Sending[], nameOf: (sending: Sending) => string): [string, Counts][] {
  const names = [...new Set(sendings.map(nameOf))].sort();
  return names.map((name) => [name, sum(sendings.filter((sending) => nameOf(sending) === name))]);
}

function totals(counts: Counts) {
  return {
    contacted_count: counts.contacted,
    new_leads_contacted_count: counts.contacted,
    emails_sent_count: counts.sent,
    open_count: counts.opened,
    reply_count: counts.replies,
    link_click_count: counts.clicks,
    bounced_count: counts.bounced,
    unsubscribed_count: counts.unsubscribed,
    total_opportunities: counts.opportunities,
    total_opportunity_value: counts.opportunity_value,
  };
}

function perPeriod({ sent, opened, unique_opened, replies, unique_replies, clicks, unique_clicks }: Counts) {
  return { sent, opened, unique_opened, replies, unique_replies, clicks, unique_clicks };
}

function sum(sendings: readonly Sending[]): Counts {
  const counts = { ...noCounts };
  for (const sending of sendings)
    for (const name of Object.keys(noCounts) as (keyof Counts)[]) counts[name] += sending[name];
  return counts;
}
