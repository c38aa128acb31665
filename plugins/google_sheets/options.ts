import { clientProperties } from 'syncline/http';

const { base_url, headers, auth, rate_limit, retry, timeout, ca } = clientProperties;

/** Of the source and of the sink. */
export const options = {
  type: 'object',
  additionalProperties: false,
  required: ['spreadsheet', 'auth'],
  properties: {
    spreadsheet: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]+$',
      patternErrorMessage: 'The id of the spreadsheet: what stands between `/d/` and `/edit` in its address.',
      description: 'The id of the spreadsheet: what stands between `/d/` and `/edit` in its address.',
      examples: ['1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms'],
    },
    auth,
    base_url: {
      ...base_url,
      default: 'https://sheets.googleapis.com',
      description: 'Where the Sheets API is, for those who ask it by a proxy.',
      examples: ['https://sheets.googleapis.com'],
    },
    headers,
    rate_limit,
    retry,
    timeout,
    ca,
  },
} as const;
