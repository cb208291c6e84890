import { API_LIMITS, API_PROBLEMS, NOMINATE_METRICS, OLD_ROUTES } from '@watchbill/nominate/api';
import { parameterTable } from '../../../../scripts/reference/http.mjs';
import { anchor, code, page, table } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

const INTRODUCTION = [
  '[nominate-openapi.json](nominate-openapi.json) is the same in OpenAPI 3.1. A running service shows it at `/openapi.json`, and a page to browse it at `/api`. [How to run a programme](../how-to/nominate-service.md) says how to get one.',
  '## Conventions',
  [
    '- **Read only and public.** There are no identities, and `access-control-allow-origin` is `*`. Every route is GET (and HEAD); other methods are 405.',
    '- **Candidates** are named by stash (an address of any prefix, or `0x` and 64 hex digits), by slot (`12` or `#12`), or by exact name, percent-encoded.',
    '- **Lists** come in pages: `limit` and `after`, which is `next` of the page before. `next` is null after the last page. A page that belongs to another list, or another order, is refused.',
    '- **ETag.** Answers that can be kept have one; with `If-None-Match` they are 304. The texts of a round never change and say so.',
    '- **Numbers.** Planck and heights are decimal text, since they do not fit a double. Times are Unix milliseconds and end in `Ms`.',
    '- **Unknown values** are null, with the reason beside them if there is one; they are never 0, false or an empty text.',
    `- **Bounds.** ${API_LIMITS.requests} requests at once, then 503 with \`Retry-After\`; one replay at a time, ${API_LIMITS.replays} in line.`,
    '- **Errors** are `application/problem+json` (RFC 9457) with `code` and `remedy`: [problems](#problems). An existing resource is never 204, and a missing one never 200.',
  ].join('\n'),
];

/** docs/nominate/reference/nominate-http.md */
export function nominatePage({ paths, tags }) {
  const routes = Object.entries(paths).map(([path, { get }]) => ({ path, get, name: `GET ${path}` }));
  const own = routes.filter(({ get }) => !get.tags.includes('old'));
  return page('Nominate: HTTP API', [
    ...INTRODUCTION,
    '## Routes',
    table(
      ['route', 'what'],
      own.map(({ name, get }) => [`[${code(name)}](#${anchor(name)})`, get.summary]),
    ),
    ...tags
      .filter(({ name }) => name !== 'old')
      .flatMap(({ name, description }) => [
        `## ${description}`,
        ...own.filter(({ get }) => get.tags.includes(name)).flatMap(routeBlocks),
      ]),
    '## Metrics',
    'At `/metrics`, beside those of the process. An unknown figure has no value.',
    table(
      ['series', 'labels', 'meaning'],
      Object.values(NOMINATE_METRICS)
        .filter(({ type }) => type === 'gauge')
        .map(({ name, labels, help }) => [code(name), labels.map(code).join(', '), `${help}.`]),
    ),
    '## Problems',
    table(
      ['code', 'status', 'meaning', 'what to do'],
      Object.entries(API_PROBLEMS).map(([name, { status, title, remedy }]) => [
        code(name),
        status,
        `${title}.`,
        remedy,
      ]),
    ),
    ...oldBlocks(),
  ]);
}

function routeBlocks({ name, get }) {
  return [
    `### ${name}`,
    `${get.summary}.`,
    ...(get.parameters.length === 0 ? [] : [parameterTable(get.parameters)]),
    ...answerBlocks(get.responses),
  ];
}

function answerBlocks(responses) {
  const good = responses[200];
  const [type] = Object.keys(good.content);
  const schema = good.content[type].schema;
  const problems = Object.entries(responses)
    .filter(([status]) => status !== '200')
    .map(([status, { description }]) => `${status} (${description.replace(/[.]$/, '')})`);
  const others = `Other answers: ${problems.join('; ')}.`;
  if (schema === undefined) return [`${good.description.replace(/[.]$/, '')}, as ${code(type)}.`, others];
  const rows = schemaRows(schema).map(([field, of, , meaning]) => [field, of, meaning]);
  return [table(['field', 'type', 'meaning'], rows), others];
}

function oldBlocks() {
  return [
    '## Routes of the old backend',
    'Clients of the Thousand Validators backend find its routes here. If a route still has a sound meaning it is **answered** in its old shape; otherwise it is **gone**: 410 with the reason, and the new route in `instead`. A missing resource is 404, although the old backend answered 204. `/bull`, `/claims`, `/erapaid` and `/erareward` were named in its documents and never routed; here they are 404.',
    table(
      ['old route', 'state', 'what is other, or why it is gone', 'new route'],
      OLD_ROUTES.map(({ path, state, note, instead }) => [code(path), state, note, code(instead)]),
    ),
  ];
}
