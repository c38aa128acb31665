import { type Answer, type DescribedRoute, namedIn, type Schema } from './route.ts';
import { ref, schemas } from './schemas.ts';

/** What every route refuses; those with a body also refuse what is no JSON, and what is too large. */
const refusals = {
  401: 'The request does not carry the token.',
  403: 'It names another host than this daemon, or comes from a page of another origin.',
  500: 'The daemon could not do it; its own lines say why.',
};
const bodyRefusals = {
  400: 'The request has a key or a value that is not taken; it is named.',
  413: 'The body is larger than 1 MB.',
  415: 'The body is not `application/json`.',
};

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly DescribedRoute[]): Schema {
  const paths: { [path: string]: { [method: string]: Schema } } = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    const operation = operationOf(route);
    const head = route.method === 'GET' && !route.headless && { head: headOf(operation) };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation, ...head };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Syncline',
      version: '1',
      description: 'Starts, follows and ends runs of the pipelines that the config has.',
    },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas },
  };
}

interface Operation extends Schema {
  readonly responses: { readonly [status: string]: Schema };
}

function operationOf(route: DescribedRoute): Operation {
  const { summary, description, body, open } = route;
  const parameters = parametersOf(route);
  return {
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: false, content: { 'application/json': { schema: body } } } }),
    responses: responsesOf(route),
  };
}

function parametersOf({ url, query = {}, headers = {} }: DescribedRoute): Schema[] {
  const parameters = (place: string, schemas: { readonly [name: string]: Schema }) =>
    Object.entries(schemas).map(([name, { description, ...schema }]) => ({
      name,
      in: place,
      ...(place === 'path' && { required: true }),
      ...(description !== undefined && { description }),
      schema,
    }));
  return [
    ...parameters('path', namedIn(url)),
    ...parameters('query', query),
    ...parameters('header', headers),
  ];
}

function responsesOf({ answers, errors, body, open }: DescribedRoute): Operation['responses'] {
  const refused = {
    ...(open ? { 403: refusals[403] } : refusals),
    ...(!open && { 400: bodyRefusals[400] }),
    ...(body && bodyRefusals),
    ...errors,
  };
  const error = (description: string): Answer => ({ description, schema: ref('Error') });
  const refusedAnswers = Object.entries(refused).map(([status, text]) => [status, error(text)] as const);
  const all = [...Object.entries(answers), ...refusedAnswers];
  return Object.fromEntries(all.map(([status, answer]) => [status, responseOf(answer)]));
}

function responseOf({ description, schema, content = 'application/json', headers }: Answer): Schema {
  const media = content !== 'application/json' ? { schema: { type: 'string' } } : schema && { schema };
  const headerSchemas = Object.entries(headers ?? {}).map(([name, schema]) => [name, { schema }]);
  return {
    description,
    ...(headers && { headers: Object.fromEntries(headerSchemas) }),
    ...(media && { content: { [content]: media } }),
  };
}

/** The same without what it would tell. */
function headOf(operation: Operation): Schema {
  const responses = Object.entries(operation.responses).map(([status, { content: _, ...response }]) => [
    status,
    response,
  ]);
  return { ...operation, responses: Object.fromEntries(responses) };
}
