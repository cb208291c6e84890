import { EXAMPLES, WITHOUT_EXAMPLE } from './examples.mjs';
import { anchor, blocks, code, fenced, filled, rows, table } from './markdown.mjs';
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

/** docs/duty/reference/http.md */
export function httpPage(openApi) {
  const routes = routesOf(openApi);
  checkExamples(routes);
  const untitled = routes.find((route) => !Object.hasOwn(TAGS, route.tag));
  if (untitled !== undefined)
    throw new Error(`scripts/reference/http.mjs has no title for tag ${untitled.tag}`);
  const tags = Object.keys(TAGS).filter((tag) => routes.some((route) => route.tag === tag));
  return filled(new URL('http.md', import.meta.url), {
    routes: rows(
      routes.map((route) => [
        `[${code(route.name)}](#${anchor(route.name)})`,
        route.who,
        route.operation.summary,
      ]),
    ),
    tags: blocks(
      tags.flatMap((tag) => [
        `## ${TAGS[tag]}`,
        ...routes.filter((route) => route.tag === tag).flatMap(routeBlocks),
      ]),
    ),
  });
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
  const fields = schemaRows(schema).map(([name, type, , meaning]) => [name, type, meaning]);
  return [`Fields of ${good[0]}:`, table(['field', 'type', 'meaning'], fields)];
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
