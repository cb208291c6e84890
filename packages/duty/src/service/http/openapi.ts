import { type OpenApiDocument, type OpenApiHead, openApiOf } from '@watchbill/kit/http';
import { routeSpecs } from './routes/specs.ts';

/**
 * The OpenAPI document without a running service, for the docs. The server shows the same at `/openapi.json`.
 */
export function openApiDocument({ version }: { readonly version: string }): Promise<OpenApiDocument> {
  return openApiOf(routeSpecs(), openApiHead(version));
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

/** The parts of the document that no route has. */
export function openApiHead(version: string): OpenApiHead {
  const info = {
    title: 'Watchbill permission service',
    version,
    description:
      'For each (chain, key, duty, unit) at most one payload is ever granted. Outcomes are granted, denied and unknown; unknown is never treated as granted.',
  };
  return { info, tags: TAGS, securitySchemes: SECURITY, paths: { ...ORIGINAL_PATHS } };
}

/** The original wire protocol is answered before the router, so its paths are written here. */
const ORIGINAL_PATHS = {
  '/original/{secret}/authorize/slot/{number}': originalPath('Original wire protocol: a slot'),
  '/original/{secret}/authorize/round/{number}': originalPath(
    'Original wire protocol: a GRANDPA round, all its votes',
  ),
  '/original/{secret}/authorize/session/{number}': originalPath('Original wire protocol: a heartbeat'),
  '/original/{secret}/authorize/{number}': originalPath('Original wire protocol, older form: a slot'),
};

function originalPath(summary: string): object {
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
  const put = {
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
  return { put };
}
