import { API_LIMITS, API_PROBLEMS, NOMINATE_METRICS, OLD_ROUTES } from '@watchbill/nominate/api';
import { parameterTable } from '../../../../scripts/reference/http.mjs';
import { anchor, blocks, code, filled, rows, table } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

/** docs/nominate/reference/nominate-http.md */
export function nominatePage({ paths, tags }) {
  const routes = Object.entries(paths).map(([path, { get }]) => ({ path, get, name: `GET ${path}` }));
  const own = routes.filter(({ get }) => !get.tags.includes('old'));
  return filled(new URL('nominate.md', import.meta.url), {
    requests: API_LIMITS.requests,
    replays: API_LIMITS.replays,
    routes: rows(own.map(({ name, get }) => [`[${code(name)}](#${anchor(name)})`, get.summary])),
    tags: blocks(
      tags
        .filter(({ name }) => name !== 'old')
        .flatMap(({ name, description }) => [
          `## ${description}`,
          ...own.filter(({ get }) => get.tags.includes(name)).flatMap(routeBlocks),
        ]),
    ),
    metrics: rows(
      Object.values(NOMINATE_METRICS)
        .filter(({ type }) => type === 'gauge')
        .map(({ name, labels, help }) => [code(name), labels.map(code).join(', '), `${help}.`]),
    ),
    problems: rows(
      Object.entries(API_PROBLEMS).map(([name, { status, title, remedy }]) => [
        code(name),
        status,
        `${title}.`,
        remedy,
      ]),
    ),
    old: rows(OLD_ROUTES.map(({ path, state, note, instead }) => [code(path), state, note, code(instead)])),
  });
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
  const fields = schemaRows(schema).map(([field, of, , meaning]) => [field, of, meaning]);
  return [table(['field', 'type', 'meaning'], fields), others];
}
