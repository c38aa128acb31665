/** `adAnalytics`: what showings add up to, by pivot and day, in one answer without pages. */

import type { Asked } from '../../kit/fake-api.ts';
import { type Creative, type Metrics, noMetrics, type Showing } from './records.ts';
import { parseRestli, type RestliValue } from './restli.ts';
import { invalid } from './words.ts';

const demographics = [
  'MEMBER_COMPANY',
  'MEMBER_COMPANY_SIZE',
  'MEMBER_COUNTRY_V2',
  'MEMBER_INDUSTRY',
  'MEMBER_JOB_FUNCTION',
  'MEMBER_JOB_TITLE',
  'MEMBER_REGION_V2',
  'MEMBER_SENIORITY',
];
export const pivots: readonly string[] = ['ACCOUNT', 'CAMPAIGN', 'CREATIVE', ...demographics];

const maxCampaigns = 20;
const maxMetrics = 20;
const defaultFields = ['impressions', 'clicks'];

interface Range {
  readonly start: string;
  readonly end: string;
}

/** The elements that were asked for, all there are. */
export function elementsOf(
  showings: readonly Showing[],
  creativeOf: (urn: string) => Creative | undefined,
  { query, raw }: Asked,
) {
  const isWanted = facetsOf(raw);
  const range = rangeOf(raw.dateRange ?? '');
  const fields = raw.fields === undefined ? defaultFields : fieldsOf(raw.fields);
  const byDay = query.timeGranularity === 'DAILY';
  const groups = new Map<string, { range: Range; value: string; metrics: Metrics }>();
  for (const showing of showings) {
    const creative = creativeOf(showing.creative);
    const inside = range.start <= showing.date && showing.date <= range.end;
    if (creative === undefined || !inside || !isWanted(creative)) continue;
    const value = pivotValue(query.pivot ?? '', creative, showing);
    if (value === undefined) continue;
    const name = `${byDay ? showing.date : ''} ${value}`;
    const period = byDay ? { start: showing.date, end: showing.date } : range;
    const group = groups.get(name) ?? { range: period, value, metrics: { ...noMetrics } };
    groups.set(name, { ...group, metrics: sum(group.metrics, showing) });
  }
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, group]) => element(group, fields));
}

/** Whose analytics: there is at least one list, and what is counted is in all there are. */
function facetsOf(raw: Asked['raw']): (creative: Creative) => boolean {
  const { accounts, campaigns } = raw;
  if (accounts === undefined && campaigns === undefined)
    throw invalid('campaigns', 'there is neither a list of accounts nor of campaigns');
  const ofAccounts = accounts && urns(accounts, 'accounts', /^urn:li:sponsoredAccount:\d+$/);
  const ofCampaigns = campaigns && urns(campaigns, 'campaigns', /^urn:li:sponsoredCampaign:\d+$/);
  if (ofCampaigns && ofCampaigns.length > maxCampaigns)
    throw invalid('campaigns', `more than ${maxCampaigns} of them`);
  return ({ account, campaign }) =>
    (!ofAccounts || ofAccounts.includes(account)) && (!ofCampaigns || ofCampaigns.includes(campaign));
}

function pivotValue(pivot: string, creative: Creative, showing: Showing): string | undefined {
  if (pivot === 'ACCOUNT') return creative.account;
  if (pivot === 'CAMPAIGN') return creative.campaign;
  return pivot === 'CREATIVE' ? creative.id : showing.audience[pivot];
}

/** Only what was asked for, the day and the value of the pivot included. */
function element(group: { range: Range; value: string; metrics: Metrics }, fields: readonly string[]) {
  const { range, value, metrics } = group;
  const dateRange = { start: dateOf(range.start), end: dateOf(range.end) };
  const all = { ...metrics, dateRange, pivotValues: [value] };
  return Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
}

function sum(one: Metrics, other: Metrics): Metrics {
  const cost = Number(one.costInLocalCurrency) + Number(other.costInLocalCurrency);
  return {
    impressions: one.impressions + other.impressions,
    clicks: one.clicks + other.clicks,
    likes: one.likes + other.likes,
    shares: one.shares + other.shares,
    externalWebsiteConversions: one.externalWebsiteConversions + other.externalWebsiteConversions,
    oneClickLeads: one.oneClickLeads + other.oneClickLeads,
    costInLocalCurrency: cost.toFixed(2),
  };
}

/** Commas between names are syntax, so an encoded one is part of a name that nobody knows. */
function fieldsOf(raw: string): string[] {
  const fields = raw.split(',').map((name) => decodeURIComponent(name));
  const unknown = fields.find(
    (name) => ![...Object.keys(noMetrics), 'dateRange', 'pivotValues'].includes(name),
  );
  if (unknown !== undefined) throw invalid('fields', `there is no field '${unknown}'`);
  if (fields.length > maxMetrics) throw invalid('fields', `more than ${maxMetrics} of them`);
  return fields;
}

/** The URNs of a parameter that is a list of them. */
export function urns(raw: string | undefined, name: string, pattern: RegExp): readonly string[] {
  const list = parsed(raw ?? '', name);
  if (!Array.isArray(list) || list.length === 0) throw invalid(name, 'it must be a List of URNs');
  const texts = list.map((item: RestliValue) => (typeof item === 'string' ? item : ''));
  const wrong = texts.find((item) => !pattern.test(item));
  if (wrong !== undefined) throw invalid(name, `'${wrong}' is not such a URN`);
  return texts;
}

export function parsed(raw: string, name: string): RestliValue {
  try {
    return parseRestli(raw);
  } catch (error) {
    throw invalid(name, `wrong type or other syntax error (${String(error)})`);
  }
}

function rangeOf(raw: string): Range {
  const { start, end, ...rest } = asObject(parsed(raw, 'dateRange'));
  if (start === undefined || Object.keys(rest).length > 0)
    throw invalid('dateRange', 'it has a start and an end');
  const range = { start: dayOf(start), end: end === undefined ? '9999-12-31' : dayOf(end) };
  if (range.start > range.end) throw invalid('dateRange', 'it ends before it starts');
  return range;
}

function dayOf(value: RestliValue): string {
  const { year, month, day, ...rest } = asObject(value);
  const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const at = Date.parse(`${text}T00:00:00Z`);
  const real = /^\d{4}(-\d{2}){2}$/.test(text) && new Date(at || 0).toISOString().startsWith(text);
  if (!real || Object.keys(rest).length > 0)
    throw invalid('dateRange', 'a date has a year, a month and a day');
  return text;
}

function asObject(value: RestliValue): { readonly [name: string]: RestliValue } {
  if (typeof value === 'string' || Array.isArray(value))
    throw invalid('dateRange', 'it must be (start:(…),end:(…))');
  return value as { readonly [name: string]: RestliValue };
}

function dateOf(day: string) {
  const [year, month, date] = day.split('-').map(Number);
  return { year, month, day: date };
}
