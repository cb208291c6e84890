import {
  type ProblemDocument as Document,
  type ProblemSpec,
  problem,
  problemMaker,
} from '@watchbill/kit/http';

/** Every problem code of the API. `docs/reference` is generated from this list. */
export const API_PROBLEMS = {
  'invalid-request': problem(
    400,
    'A part of the request does not have the documented form',
    'Compare it with /openapi.json; unknown parameters are refused.',
  ),
  'malformed-url': problem(400, 'The address cannot be read', 'Check the percent encoding.'),
  'stale-page': problem(
    400,
    'The page that `after` names does not belong to this list',
    'Start with the first page, and continue with `next` of each answer.',
  ),
  'no-such-route': problem(404, 'No such path', 'See /api for all routes.'),
  'no-such-candidate': problem(
    404,
    'The programme has no such candidate',
    'Name it by stash (an address of any prefix, or 0x and 64 hex digits), by slot (12) or by its exact name.',
  ),
  'no-such-round': problem(
    404,
    'No such round is stored',
    'Use the id of a round from /v1/rounds, or `newest`.',
  ),
  'not-in-round': problem(
    404,
    'The candidate took no part in that round',
    'See /v1/candidates for current candidates, and the record of the round for its candidates.',
  ),
  'no-such-nominator': problem(
    404,
    'The programme has no such nominator',
    'See /v1/nominators for its nominators.',
  ),
  'no-such-intent': problem(
    404,
    'No such intent is stored',
    'See /v1/intents; those that ended long ago are forgotten.',
  ),
  'nothing-yet': problem(404, 'There is none yet', 'Ask again later; /v1/health says what is missing.'),
  'method-not-allowed': problem(405, 'The API is read-only', 'Use GET or HEAD.'),
  gone: problem(410, 'This route of the old backend is gone', 'Use the route in the detail.'),
  'url-too-long': problem(414, 'The address is too long', 'Shorten it.'),
  internal: problem(
    500,
    'Unexpected failure of the service',
    'Report it to the operator of the programme; the log of the service has the cause.',
  ),
  busy: problem(503, 'Too many requests at once', 'Retry in a moment.'),
  'storage-unavailable': problem(
    503,
    'The database does not answer',
    'Ask again; the operator of the programme sees the cause at /v1/health and in the log.',
  ),
  'round-unreadable': problem(
    503,
    'The stored round cannot be read by this release',
    'Download its texts and replay them with the release that made it.',
  ),
} as const satisfies Readonly<Record<string, ProblemSpec>>;

export type ApiProblemCode = keyof typeof API_PROBLEMS;

/** A problem document (RFC 9457). */
export type ProblemDocument = Document & { readonly code: ApiProblemCode };

/** The document of a code of {@link API_PROBLEMS}. */
export const problemOf = problemMaker(API_PROBLEMS);
