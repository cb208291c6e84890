import { ORIGINAL } from '../../packages/duty/scripts/reference/original.mjs';
import { EXAMPLES, WITHOUT_EXAMPLE } from './examples.mjs';
import { anchor, code, fenced, page, table } from './markdown.mjs';
import { schemaRows, typeText } from './schema-rows.mjs';

const TAGS = {
  duty: 'Claims and marks',
  watch: 'The watch',
  policy: 'Policies and adoptions',
  decisions: 'Decisions',
  services: 'Services',
  reports: 'Rollback reports',
  tokens: 'Tokens',
  probes: 'Probes',
};

const INTRODUCTION = [
  '[openapi.json](openapi.json) is the same in OpenAPI 3.1. A running service shows it at `/openapi.json`, and a page to browse it at `/docs`; both need no identity, and the page loads nothing from elsewhere.',
  '## Conventions',
  [
    '- **Identity.** `Authorization: Bearer TOKEN` (`watchbill token create`), or a client certificate whose CN is the name and whose OU is the role. If a request has both, the token decides. Roles: `node`, `observer`, `operator`, `reader`.',
    '- **A node claims for itself.** The node of a claim is the name of the identity, never a field of the body. The service denies every claim that the policy does not list for that name.',
    '- **Texts.** JSON in UTF-8. Numbers of 64 bits are decimal text, for example `"281234567"`. Hex is lower case; chains, keys and digests begin with `0x`. The service refuses unknown fields, and converts no value.',
    '- **Outcomes.** A claim is answered 200 for `granted` and `denied`, and 503 for `unknown`. Only `outcome: "granted"` in a reply that echoes `claimId`, `incarnation` and `digest` allows a signature. Anything else, any other status and no answer at all mean: do not sign.',
    '- **Errors.** `application/problem+json` with `code` and `remedy`: [problems](problems.md). Every route may answer 408 and 431 as well, for requests that are not HTTP as it should be.',
    '- **Bounds.** Body 16 KiB (413), 1,024 claims under way (429 with `Retry-After`), 10 s to send a request (408). [Configuration](configuration.md#limits) changes the first two and the last.',
  ].join('\n'),
  'A call from the command line, with the token kept out of the argument list:',
  fenced(
    'sh',
    `printf 'header = "Authorization: Bearer %s"\\n' "$(cat secrets/operator.token)" |
  curl -sS -K - http://127.0.0.1:8450/v1/health`,
  ),
];

/** docs/duty/reference/http.md */
export function httpPage(openApi) {
  const routes = routesOf(openApi);
  checkExamples(routes);
  const untitled = routes.find((route) => !Object.hasOwn(TAGS, route.tag));
  if (untitled !== undefined)
    throw new Error(`scripts/reference/http.mjs has no title for tag ${untitled.tag}`);
  const tags = Object.keys(TAGS).filter((tag) => routes.some((route) => route.tag === tag));
  return page('HTTP API', [
    ...INTRODUCTION,
    '## Routes',
    table(
      ['route', 'who', 'what'],
      routes.map((route) => [
        `[${code(route.name)}](#${anchor(route.name)})`,
        route.who,
        route.operation.summary,
      ]),
    ),
    'And the [original wire protocol](#original-wire-protocol).',
    ...tags.flatMap((tag) => [
      `## ${TAGS[tag]}`,
      ...routes.filter((route) => route.tag === tag).flatMap(routeBlocks),
    ]),
    ...ORIGINAL,
  ]);
}

function routesOf({ paths }) {
  const order = Object.keys(TAGS);
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      tag: operation.tags[0],
      who: whoMayCall(operation),
      operation,
    })),
  );
  return routes
    .filter(({ tag }) => tag !== 'original')
    .sort((one, other) => order.indexOf(one.tag) - order.indexOf(other.tag));
}

function whoMayCall({ security, description }) {
  if (security.length === 0) return 'any client';
  if (security.some((scheme) => 'peer' in scheme)) return 'services of this ledger';
  const roles = /^Roles: (.*)\.$/.exec(description ?? '')?.[1];
  if (roles === undefined) throw new Error('a route of the OpenAPI document names no roles');
  return roles;
}

function checkExamples(routes) {
  const names = routes.map(({ name }) => name);
  const without = names.filter((name) => !(name in EXAMPLES) && !WITHOUT_EXAMPLE.includes(name));
  const unused = [...Object.keys(EXAMPLES), ...WITHOUT_EXAMPLE].filter((name) => !names.includes(name));
  if (without.length > 0) throw new Error(`scripts/reference/examples.mjs lacks ${without.join(', ')}`);
  if (unused.length > 0)
    throw new Error(`scripts/reference/examples.mjs has ${unused.join(', ')}, no routes`);
}

function routeBlocks(route) {
  const { operation } = route;
  const body = operation.requestBody?.content['application/json'].schema;
  return [
    `### ${route.name}`,
    `${operation.summary}. Who: ${route.who}.`,
    ...(operation.parameters?.length ? ['Parameters:', parameterTable(operation.parameters)] : []),
    ...(body === undefined
      ? []
      : ['Body:', table(['field', 'type', 'required', 'meaning'], bodyRows(body, route.path))]),
    'Answers:',
    table(['status', 'type', 'meaning'], answerRows(operation.responses)),
    ...replyBlocks(operation.responses, route),
    ...exampleBlocks(route),
  ];
}

/** The policy has a separate page. */
function bodyRows(schema, path) {
  if (path !== '/v1/policies') return schemaRows(schema);
  return [['(the document)', 'object', 'yes', 'A [policy](policy.md#fields).']];
}

/** The parameters of a route of an OpenAPI document. */
export function parameterTable(parameters) {
  const rows = parameters.map((parameter) => [
    code(parameter.name),
    parameter.in,
    typeText(parameter.schema),
    parameter.required ? 'yes' : 'no',
    parameter.description ?? (parameter.schema.pattern ? `Form: ${code(parameter.schema.pattern)}.` : ''),
  ]);
  return table(['name', 'in', 'type', 'required', 'meaning'], rows);
}

/** One row for each meaning: the problem documents share theirs. */
function answerRows(responses) {
  const rows = new Map();
  for (const [status, { description, content }] of Object.entries(responses)) {
    const type = content === undefined ? '-' : code(Object.keys(content)[0]);
    const row = rows.get(`${type} ${description}`) ?? [[], type, description];
    row[0].push(status);
    rows.set(`${type} ${description}`, row);
  }
  return [...rows.values()].map(([statuses, ...rest]) => [statuses.join(', '), ...rest]);
}

function replyBlocks(responses, { path }) {
  const good = Object.entries(responses).find(([status]) => status.startsWith('2'));
  const schema = good?.[1].content?.['application/json']?.schema;
  if (schema === undefined || path === '/v1/policies') return [];
  const rows = schemaRows(schema).map(([name, type, , meaning]) => [name, type, meaning]);
  return [`Fields of ${good[0]}:`, table(['field', 'type', 'meaning'], rows)];
}

function exampleBlocks({ name, path }) {
  const example = EXAMPLES[name];
  if (example === undefined) return [];
  const [method] = name.split(' ');
  const target = `${path.replace('{id}', example.id ?? '')}${example.query ?? ''}`;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(example.as === null ? [] : [`Authorization: Bearer TOKEN-OF-${example.as.toUpperCase()}`]),
    ...(example.headers ?? []),
    ...(example.body === undefined
      ? []
      : ['Content-Type: application/json', '', JSON.stringify(example.body, null, 2)]),
  ];
  const asked = ['Example:', fenced('http', lines.join('\n'))];
  if (example.answer !== undefined)
    return [...asked, `Answer ${example.status}:`, fenced('json', JSON.stringify(example.answer, null, 2))];
  if (example.text !== undefined)
    return [...asked, `Answer ${example.status}, in part:`, fenced('text', example.text)];
  return [...asked, `Answer ${example.status}, without a body.`];
}
