/** The option `auth`, for JSON Schemas: what each kind needs and takes, and what it is. */

/** Where secrets are sent to is asked over https, but on this machine. */
export const secureUrlPattern = '^(https://|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:/])[^\\s@]+$';

const secureUrl = {
  type: 'string',
  pattern: secureUrlPattern,
  patternErrorMessage: 'A URL that begins with `https://`, without a user or password.',
} as const;

const text = { type: 'string', minLength: 1 } as const;
const secret = { ...text, 'x-secret': true } as const;

const properties = {
  type: {
    type: 'string',
    enum: ['none', 'bearer', 'basic', 'api_key', 'oauth2', 'google_service_account'],
    description: 'How requests show who is asking.',
    examples: ['bearer'],
  },
  token: {
    ...secret,
    description: 'Of `bearer`: sent as `Authorization: Bearer …`.',
    examples: ['${API_TOKEN}'],
  },
  username: {
    type: 'string',
    description: 'Of `basic`, and of `oauth2` with the grant `password`.',
    examples: ['${API_USER}'],
  },
  password: {
    type: 'string',
    'x-secret': true,
    description: 'Of `basic`, and of `oauth2` with the grant `password`.',
    examples: ['${API_PASSWORD}'],
  },
  in: {
    type: 'string',
    enum: ['header', 'query', 'cookie'],
    description: 'Of `api_key`: where it is sent.',
    examples: ['header'],
  },
  name: {
    ...text,
    description: 'Of `api_key`: the name of the header, parameter or cookie.',
    examples: ['X-Api-Key'],
  },
  key: {
    ...secret,
    description:
      'Of `api_key`: the key itself. Of `google_service_account`: the text of its key file, which is JSON.',
    examples: ['${API_KEY}'],
  },
  key_file: {
    ...text,
    description:
      'Of `google_service_account`, in the place of `key`: the path of its key file, from the config.',
    examples: ['google-key.json'],
  },
  subject: {
    ...text,
    description: 'Of `google_service_account`: the person of the domain in whose name it acts.',
    examples: ['ann@example.com'],
  },
  grant: {
    type: 'string',
    enum: ['client_credentials', 'refresh_token', 'password', 'authorization_code'],
    description:
      'Of `oauth2`: what a token is given for. With `authorization_code` a person logs in once, by `syncline auth`.',
    examples: ['refresh_token'],
  },
  token_url: {
    ...secureUrl,
    description: 'Of `oauth2`: where tokens are asked for.',
    examples: ['https://login.example.com/oauth/token'],
  },
  authorize_url: {
    ...secureUrl,
    description: 'Of `authorization_code`: the page where a person logs in.',
    examples: ['https://login.example.com/oauth/authorize'],
  },
  redirect_port: {
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    description:
      'Of `authorization_code`: where the browser comes back to, as `http://127.0.0.1:PORT/callback`, if the server wants to know that before. Without it any free port is taken.',
    examples: [8765],
  },
  client_id: { ...text, description: 'Of `oauth2`: the application.', examples: ['${CLIENT_ID}'] },
  client_secret: {
    ...secret,
    description: 'Of `oauth2`: its secret, where it has one.',
    examples: ['${CLIENT_SECRET}'],
  },
  client_auth: {
    type: 'string',
    enum: ['basic', 'post'],
    description:
      'Of `oauth2`: whether the `client_secret` is sent in a header (`basic`), as without this option, or in the body.',
    examples: ['post'],
  },
  refresh_token: {
    ...secret,
    description:
      'Of the grant `refresh_token`: the first one. Those that the server gives in its place are kept in the state.',
    examples: ['${REFRESH_TOKEN}'],
  },
  scopes: {
    type: 'array',
    items: text,
    minItems: 1,
    description: 'Of `oauth2` and `google_service_account`: what the token is to allow.',
    examples: [['https://www.googleapis.com/auth/spreadsheets']],
  },
  params: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'Of `oauth2`: further parameters of the request for a token; with `authorization_code`, of the page where a person logs in.',
    examples: [{ audience: 'https://api.example.com' }],
  },
} as const;

type Name = keyof typeof properties;

interface Kind {
  /** The values it is told by. */
  readonly is: { readonly [name: string]: string };
  /** Told by this option being there, or not. */
  readonly has?: Name;
  readonly lacks?: Name;
  readonly needs: readonly Name[];
  readonly takes?: readonly Name[];
}

const client: readonly Name[] = ['grant', 'token_url', 'client_id'];
const more: readonly Name[] = ['client_secret', 'client_auth', 'scopes', 'params'];
const grants: { readonly [grant: string]: readonly Name[] } = {
  client_credentials: ['client_secret'],
  refresh_token: ['refresh_token'],
  password: ['username', 'password'],
  authorization_code: ['authorize_url'],
};
const account = { type: 'google_service_account' } as const;

const kinds: readonly Kind[] = [
  { is: { type: 'none' }, needs: [] },
  { is: { type: 'bearer' }, needs: ['token'] },
  { is: { type: 'basic' }, needs: ['username', 'password'] },
  { is: { type: 'api_key' }, needs: ['in', 'name', 'key'] },
  ...Object.entries(grants).map(([grant, own]) => ({
    is: { type: 'oauth2', grant },
    needs: [...client, ...own],
    takes: grant === 'authorization_code' ? ([...more, 'redirect_port'] as const) : more,
  })),
  { is: { type: 'oauth2' }, lacks: 'grant', needs: ['grant'], takes: Object.keys(properties) as Name[] },
  { is: account, has: 'key_file', needs: ['key_file', 'scopes'], takes: ['subject'] },
  { is: account, lacks: 'key_file', needs: ['key', 'scopes'], takes: ['subject'] },
];

export const authSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  description: 'How requests show who is asking. Credentials go to the origin of the `base_url` alone.',
  examples: [{ type: 'bearer', token: '${API_TOKEN}' }],
  properties,
  allOf: kinds.map(schemaOf),
} as const;

function schemaOf({ is, has, lacks, needs, takes = [] }: Kind) {
  const allowed = new Set<string>(['type', ...needs, ...takes]);
  const condition = {
    properties: Object.fromEntries(Object.entries(is).map(([name, value]) => [name, { const: value }])),
    required: [...Object.keys(is), ...(has === undefined ? [] : [has])],
    ...(lacks === undefined ? {} : { not: { required: [lacks] } }),
  };
  const taken = Object.fromEntries(Object.entries(properties).filter(([name]) => allowed.has(name)));
  // Written as entries: an object with a `then` of its own looks like a promise.
  return Object.fromEntries([
    ['if', condition],
    ['then', { required: needs, additionalProperties: false, properties: taken }],
  ]);
}
