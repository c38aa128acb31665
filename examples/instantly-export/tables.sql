CREATE TABLE instantly_campaigns_raw (
  instantly_campaign_id text PRIMARY KEY,
  campaign_name text,
  campaign_status bigint,
  leads_count bigint,
  contacted_count bigint,
  emails_sent_count bigint,
  open_count bigint,
  reply_count bigint,
  bounced_count bigint,
  total_opportunity_value numeric,
  raw_json jsonb,
  sync_batch_id text,
  synced_at timestamptz
);

CREATE TABLE instantly_accounts_raw (
  email text PRIMARY KEY,
  status bigint,
  warmup_status bigint,
  warmup_score numeric,
  daily_limit bigint,
  provider text,
  created_at timestamptz,
  raw_json jsonb,
  sync_batch_id text,
  synced_at timestamptz
);

CREATE TABLE instantly_daily_analytics_raw (
  date date PRIMARY KEY,
  sent bigint,
  contacted bigint,
  opened bigint,
  unique_opened bigint,
  replies bigint,
  unique_replies bigint,
  clicks bigint,
  unique_clicks bigint,
  raw_json jsonb,
  sync_batch_id text,
  synced_at timestamptz
);

NOTIFY pgrst, 'reload schema';
