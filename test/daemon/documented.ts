import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Documented {
  readonly responses: {
    readonly [status: string]: {
      readonly content?: { readonly [media: string]: { readonly schema: object } };
    };
  };
}

export interface OpenApi {
  readonly components: object;
  readonly paths: { readonly [path: string]: { readonly [method: string]: Documented } };
}

export interface Given {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

/** Holds answers against an OpenAPI document; each is told as `METHOD path status` of the document, or throws. */
export function documented(document: OpenApi): (given: Given) => string {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  formats.default(ajv);
  ajv.addVocabulary(['components']);
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return ({ method, path, status, type = '', body }) => {
    const [plain = ''] = path.split('?');
    const template = templates.find(({ pattern }) => pattern.test(plain))?.template;
    const answer = document.paths[template ?? '']?.[method.toLowerCase()]?.responses[status];
    const name = `${method} ${template} ${status}`;
    if (template === undefined || answer === undefined)
      throw new Error(`${name} (${path}) is not in the document: ${body}`);
    const [media] = Object.keys(answer.content ?? {});
    if (media === undefined) {
      if (body !== '') throw new Error(`${name} is to have no body: ${body}`);
      return name;
    }
    if (!type.startsWith(media)) throw new Error(`${name} is ${type}, not ${media}`);
    if (media !== 'application/json') return name;
    const validate = ajv.compile({ ...answer.content?.[media]?.schema, components: document.components });
    if (!validate(JSON.parse(body))) throw new Error(`${name}: ${ajv.errorsText(validate.errors)}: ${body}`);
    return name;
  };
}
