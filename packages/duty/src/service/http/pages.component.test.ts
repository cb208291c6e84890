import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemStatuses } from '@watchbill/kit/http';
import { openApiDocument } from './openapi.ts';
import { routeSpecs } from './routes/specs.ts';
import { testApp } from './testing/server.ts';

const document = JSON.parse(JSON.stringify(await openApiDocument({ version: '1.2.3' })));

test('the document is the same with and without a running service', async () => {
  const served = (await (await testApp()).inject({ method: 'GET', url: '/openapi.json' })).json();
  assert.deepEqual(served, document);
});

test('the document holds every route with its body, its answers and its identities', () => {
  assert.equal(document.openapi, '3.1.0');
  for (const [name, spec] of Object.entries(routeSpecs())) {
    const path = spec.url.replaceAll(/:([a-z]+)/g, '{$1}');
    const operation = document.paths[path]?.[spec.method.toLowerCase()];
    assert.ok(operation, name);
    assert.equal('requestBody' in operation, 'body' in spec, `${name}: the body`);
    const expected = new Set([...problemStatuses(spec).map(String), ...Object.keys(spec.answers)]);
    assert.deepEqual(Object.keys(operation.responses), [...expected].sort(), name);
    assert.equal(operation.security.length === 0, spec.access === 'open', name);
  }
  assert.ok(document.components.schemas.Problem.properties.remedy);
  assert.ok(document.paths['/original/{secret}/authorize/slot/{number}'].put);
});

test('every reference of the document leads somewhere', () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(references.length > 0);
  for (const reference of references) {
    const target = reference.split('/').reduce((at, step) => at?.[step], document);
    assert.ok(target, reference);
  }
});

test('the pages need no other machine and allow none', async () => {
  const { inject } = await testApp();
  const files = ['/docs/static/swagger-initializer.js', '/docs/static/index.css'];
  for (const url of ['/icon.svg', '/docs', '/docs/', ...files]) {
    const answer = await inject({ method: 'GET', url });
    assert.equal(answer.statusCode, 200, url);
    const policy = String(answer.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.doesNotMatch(policy, /https?:|unsafe|\*/);
    const linked = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const link of linked) assert.match(link, /^[.]?[/](?![/])/, `${url} leads to ${link}`);
    assert.doesNotMatch(answer.body, /<script(?![^>]*src=)/, 'no script in the page itself');
  }
});
