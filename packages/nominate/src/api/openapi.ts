import { jsonSchema, PROBLEM_TYPE } from '@watchbill/kit/http';
import { z } from 'zod';
import { API_PROBLEMS, type ApiProblemCode } from './problem.ts';
import { type Route, TAGS } from './route.ts';
import { ROUTES } from './routes.ts';

/** JSON whose shape is OpenAPI 3.1. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<'get', OpenApiOperation>>>>;
  readonly [member: string]: unknown;
}

export interface OpenApiOperation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: unknown;
  readonly schema: unknown;
}

const problemShape = z.object({
  type: z.string().describe('`urn:watchbill:problem:` and the code.'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('Details of this failure.'),
  code: z.enum(Object.keys(API_PROBLEMS) as [ApiProblemCode, ...ApiProblemCode[]]),
  remedy: z.string().describe('The remedy.'),
});

/** The OpenAPI document of the API, generated from the served routes. */
export function openApiDocument(version: string): OpenApi {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Watchbill nomination programme',
      version,
      description:
        'Data and decisions of a nomination programme: candidates with every check and its evidence, rounds that anyone can compute again, and transactions. Everything is read-only and public.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(ROUTES.map((route) => [pathOf(route), { get: operationOf(route) }])),
    components: { schemas: { Problem: jsonSchema(problemShape, 'output') } },
  };
}

/** `/v1/rounds/:id` as OpenAPI writes it. */
export function pathOf({ url }: Pick<Route, 'url'>): string {
  return url.replaceAll(/:([a-zA-Z]+)/g, '{$1}');
}

function operationOf(route: Route): OpenApiOperation {
  const { tag, summary, params, query } = route;
  return {
    tags: [tag],
    summary,
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    responses: responsesOf(route),
  };
}

function parametersOf(where: 'path' | 'query', shape: z.ZodObject): readonly OpenApiParameter[] {
  const { properties = {}, required = [] } = jsonSchema(shape, 'input') as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function responsesOf({ answer, alsoStatus, problems, params, query }: Route): Record<string, unknown> {
  const { type, shape, description } = answer;
  const content = shape === undefined ? { [type]: {} } : { [type]: { schema: jsonSchema(shape, 'output') } };
  const takesSomething = Object.keys(params.shape).length + Object.keys(query.shape).length > 0;
  const codes: readonly ApiProblemCode[] = [
    ...problems,
    ...(takesSomething ? (['invalid-request'] as const) : []),
    'busy',
    'storage-unavailable',
    'internal',
  ];
  const named = new Map<string, ApiProblemCode[]>();
  for (const code of codes) {
    const status = String(API_PROBLEMS[code].status);
    named.set(status, [...(named.get(status) ?? []), code]);
  }
  const problem = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return {
    ...Object.fromEntries(
      [...named].map(([status, list]) => [
        status,
        {
          description: `A problem document: ${list.map((code) => `\`${code}\``).join(', ')}.`,
          content: problem,
        },
      ]),
    ),
    200: { description, content },
    ...Object.fromEntries(
      Object.entries(alsoStatus ?? {}).map(([status, text]) => [
        status,
        { description: text, content: { ...content, ...problem } },
      ]),
    ),
  };
}
