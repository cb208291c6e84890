import { type ProblemSpec, problem, problemMaker } from '@watchbill/kit/http';
import { REASONS, type UnknownCode } from '../../rule/index.ts';

/** Every problem code of the HTTP API. `docs/reference` is generated from this list. */
export const PROBLEMS = {
  'invalid-request': problem(
    400,
    'The request does not have the documented shape',
    'Compare the request with /docs; unknown fields are refused and values are not converted.',
  ),
  'malformed-json': problem(400, 'The body is not JSON', 'Send one JSON document in UTF-8.'),
  'malformed-url': problem(400, 'The address cannot be read', 'Check the percent encoding of the path.'),
  'malformed-http': problem(
    400,
    'This is not HTTP/1.1',
    'Check the client, and any proxy between it and this service.',
  ),
  'invalid-policy': problem(
    400,
    'The policy breaks a rule',
    'Correct each of `problems` and apply the policy again; the old one stays in force.',
  ),
  'invalid-token': problem(
    400,
    'The token request is not valid',
    'Base URLs of the original wire protocol belong to the role `node`.',
  ),
  'no-identity': problem(
    401,
    'The request has no identity',
    'Send `Authorization: Bearer <token>`, or connect with a client certificate.',
  ),
  'identity-unknown': problem(
    401,
    'The token is not known',
    'Use a token of this ledger; `watchbill token create` makes one.',
  ),
  'identity-for-original-wire': problem(
    401,
    'This secret belongs to a base URL of the original wire protocol',
    'Use it in the path, or make a bearer token with `watchbill token create`.',
  ),
  'certificate-refused': problem(
    401,
    'The client certificate is refused',
    'Use a valid certificate of the configured authority, with the name as CN and the role as OU.',
  ),
  'role-forbidden': problem(
    403,
    'The role of this identity may not do this',
    'Use an identity with one of the roles that the route lists in /docs.',
  ),
  'not-a-peer': problem(
    403,
    'Only services of this ledger may ask this',
    'No action is needed: services know their secret from the ledger.',
  ),
  'no-such-route': problem(404, 'No such route', '/docs lists the routes; / is the page for people.'),
  'method-not-allowed': problem(
    405,
    'The method is not allowed for this route',
    'Use a method of the Allow header.',
  ),
  'request-timeout': problem(408, 'The request did not arrive in time', 'Send it whole and at once.'),
  'body-too-large': problem(413, 'The body is too large', 'Send less; the limit is in the detail.'),
  'url-too-long': problem(414, 'The address is too long', 'Shorten the path.'),
  'unsupported-media-type': problem(
    415,
    'The content type of the body is not JSON',
    'Send `Content-Type: application/json`.',
  ),
  'too-many-streams': problem(
    429,
    'Too many clients follow the stream',
    'Close one, or read the pages of /v1/decisions.',
  ),
  'too-many-exports': problem(
    429,
    'Another export of the ledger is under way',
    'Wait until it has ended, or export from another service.',
  ),
  'headers-too-large': problem(431, 'The header is too large', 'Send fewer or shorter header fields.'),
  internal: problem(
    503,
    'The service met an unexpected fault',
    'Look at the log of the service. The outcome of the claim is unknown: ask again with the same claim.',
  ),
  stopping: problem(503, 'The service is stopping', 'Ask another service.'),
  'not-ready': problem(
    503,
    'The service does not grant now',
    'Look at the detail and at /v1/health; ask another service.',
  ),
  'store-unavailable': unavailable('store-unavailable'),
  'ledger-unavailable': unavailable('ledger-unavailable'),
} as const satisfies Record<string, ProblemSpec>;

function unavailable(code: UnknownCode) {
  return problem(503, REASONS[code].summary, REASONS[code].remedy);
}

export type ProblemCode = keyof typeof PROBLEMS;

/** The document of a code of {@link PROBLEMS}. */
export const problemOf = problemMaker(PROBLEMS);
