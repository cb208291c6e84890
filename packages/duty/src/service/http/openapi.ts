import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifySchema } from 'fastify';
import { DUTIES, type Duty } from '../../rule/index.ts';
import { responseSchema } from './json-schema.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { problemStatuses, type RouteSpec } from './routes/spec.ts';
import { routeSpecs } from './routes/specs.ts';
import { problemView } from './shapes.ts';

export interface OpenApiOptions {
  readonly version: string;
  readonly duties?: readonly Duty[];
}

/** The document as JSON; its shape is OpenAPI 3.1. */
export type OpenApiDocument = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
};

/**
 * The OpenAPI document without a running service, for the docs. The server shows the same at `/openapi.json`.
 */
export async function openApiDocument(options: OpenApiOptions): Promise<OpenApiDocument> {
  const app = fastify();
  await registerOpenApi(app, options.version);
  for (const spec of Object.values(routeSpecs(options.duties ?? DUTIES))) {
    app.route({ method: spec.method, url: spec.url, schema: fastifySchema(spec), handler: async () => null });
  }
  await app.ready();
  const document = app.swagger() as unknown as OpenApiDocument;
  await app.close();
  return document;
}

/** `mutualTLS` is of OpenAPI 3.1; the types of the plugin know 3.0. */
const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token of the ledger.' },
  certificate: { type: 'mutualTLS', description: 'A client certificate: CN is the name, OU the role.' },
  peer: { type: 'http', scheme: 'bearer', description: 'The secret of the services of one ledger.' },
};

/** In the order in which the page shows them. */
const TAGS = [
  { name: 'duty', description: 'Claims before a signature, and the marks' },
  { name: 'watch', description: 'The preferred node' },
  { name: 'policy', description: 'Rules for signing' },
  { name: 'decisions', description: 'Answers of this service' },
  { name: 'services', description: 'The services of one ledger' },
  { name: 'reports', description: 'Entries that nodes remember and the store does not hold' },
  { name: 'tokens', description: 'Identities' },
  { name: 'probes', description: 'Health and metrics' },
  { name: 'original', description: 'The wire protocol of the founding grant' },
];

/** Collect the routes that are registered after this call. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema({ $id: 'Problem', ...responseSchema(problemView) });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Watchbill permission service',
        version,
        description:
          'For each (chain, key, duty, unit) at most one payload is ever granted. Outcomes are granted, denied and unknown; unknown is never treated as granted.',
        license: { name: 'Apache-2.0' },
      },
      tags: TAGS,
      components: { securitySchemes: SECURITY as never },
      paths: originalPaths(),
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`),
    },
  });
}

/** A route's schema as fastify and its OpenAPI plugin read it. */
export function fastifySchema(spec: RouteSpec): FastifySchema {
  const response: Record<string, unknown> = {};
  for (const status of problemStatuses(spec)) {
    response[status] = {
      description: 'A problem document (RFC 9457) with code and remedy.',
      content: { [PROBLEM_TYPE]: { schema: { $ref: 'Problem#' } } },
    };
  }
  for (const [status, { description, type, schema }] of Object.entries(spec.answers)) {
    response[status] =
      schema === undefined
        ? { description, type: 'null' }
        : { description, content: { [type ?? 'application/json']: { schema } } };
  }
  return {
    tags: [spec.tag],
    summary: spec.summary,
    security: securityOf(spec),
    ...(Array.isArray(spec.access) ? { description: `Roles: ${spec.access.join(', ')}.` } : {}),
    ...(spec.params === undefined ? {} : { params: spec.params }),
    ...(spec.query === undefined ? {} : { querystring: spec.query }),
    ...(spec.body === undefined ? {} : { body: spec.body }),
    response,
  };
}

function securityOf(spec: RouteSpec): Record<string, string[]>[] {
  if (spec.access === 'open') return [];
  return spec.access === 'peer' ? [{ peer: [] }] : [{ bearer: [] }, { certificate: [] }];
}

/** The original wire protocol is answered before the router, so its paths are written here. */
function originalPaths(): Record<string, object> {
  const paths: Record<string, object> = {};
  for (const [path, summary] of [
    ['/original/{secret}/authorize/slot/{number}', 'Original wire protocol: a slot'],
    ['/original/{secret}/authorize/round/{number}', 'Original wire protocol: a GRANDPA round, all its votes'],
    ['/original/{secret}/authorize/session/{number}', 'Original wire protocol: a heartbeat'],
    ['/original/{secret}/authorize/{number}', 'Original wire protocol, older form: a slot'],
  ] as const) {
    paths[path] = { put: originalOperation(summary) };
  }
  return paths;
}

function originalOperation(summary: string): object {
  const text = (description: string, values: readonly string[]) => ({
    description,
    content: { 'text/plain': { schema: { type: 'string', enum: values } } },
  });
  const parameter = (name: string, description: string) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  });
  return {
    tags: ['original'],
    summary,
    description:
      'The body is exactly `true` or `false`, with no newline. A number not above every number before is `false`.',
    security: [],
    parameters: [
      parameter('secret', 'The secret of one node and key; it is its identity.'),
      parameter('number', 'Slot, round or session in decimal.'),
    ],
    responses: {
      200: text('Granted or denied.', ['true', 'false']),
      400: text('Not a canonical number.', ['false']),
      401: text('The secret is not known.', ['false']),
      413: text('The body is too large.', ['false']),
      429: text('Too many claims are under way.', ['false']),
      503: text('Unknown: store down, late, stopping or an unexpected fault.', ['false']),
    },
  };
}
