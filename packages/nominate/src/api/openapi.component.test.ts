import assert from 'node:assert/strict';
import test from 'node:test';
import { openApiDocument, pathOf } from './openapi.ts';
import { API_PROBLEMS } from './problem.ts';
import { ROUTES } from './routes.ts';
import { testSite } from './testing/site.ts';

test('the document that is served is the one that the docs are made of', async (context) => {
  const { get } = await testSite(context);
  const { json, headers } = await get('/openapi.json');
  assert.deepEqual(json, JSON.parse(JSON.stringify(openApiDocument('1.2.3'))));
  assert.equal(headers['access-control-allow-origin'], '*');
});

test('every route is in the document, with its parameters and its problems', () => {
  const { paths } = openApiDocument('1');
  assert.equal(Object.keys(paths).length, ROUTES.length);
  for (const route of ROUTES) {
    const operation = paths[pathOf(route)]?.get;
    assert.ok(operation, route.url);
    const inPath = [...route.url.matchAll(/:([a-z]+)/g)].map(([, name]) => name);
    if (!route.problems.includes('gone')) {
      assert.deepEqual(
        operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name),
        inPath,
        route.url,
      );
    }
    for (const code of route.problems)
      assert.ok(String(API_PROBLEMS[code].status) in operation.responses, `${route.url} ${code}`);
  }
});

test('every reference of the document leads somewhere', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument('1')));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  assert.ok(references.length > 0);
  for (const [, reference = ''] of references)
    assert.ok(
      reference.split('/').reduce((at, step) => at?.[step], document),
      reference,
    );
});

test('every answer has the documented shape, and no field that is not documented', async (context) => {
  const { get, filled } = await testSite(context, { candidates: 150 });
  const values: Readonly<Record<string, string>> = {
    who: filled.standings[6]?.stashKey ?? '',
    id: 'newest',
    limit: '3',
  };
  let compared = 0;
  for (const { url, answer, tag } of ROUTES) {
    if (tag === 'old' || answer.shape === undefined) continue;
    const named = url
      .replace('/v1/nominators/:who', `/v1/nominators/${filled.records[0]?.nominators[0]?.stashKey}`)
      .replace('/v1/intents/:id', `/v1/intents/${filled.intents.announced}`)
      .replaceAll(/:([a-z]+)/g, (_all, name: string) => values[name] ?? '');
    const { status, json } = await get(named);
    assert.equal(status, 200, named);
    assert.deepEqual(answer.shape.parse(json), json, named);
    compared += 1;
  }
  assert.ok(compared >= 20, `${compared} answers were compared`);
});

test('any page may read every answer, and each has its exact content type', async (context) => {
  const { get } = await testSite(context);
  for (const url of [
    '/v1/candidates',
    '/v1/candidates/unlisted',
    '/status',
    '/status/page.js',
    '/v1/rounds/newest/record',
    '/nowhere',
  ]) {
    const { headers } = await get(url);
    assert.equal(headers['access-control-allow-origin'], '*', url);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.match(String(headers['content-security-policy']), /^default-src 'none'/, url);
  }
});
