import assert from 'node:assert/strict';
import test from 'node:test';
import { hasHidden } from '@watchbill/kit';
import { testSite } from './testing/site.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE candidates; --",
  '</title></style></textarea><svg onload=alert(1)>',
  'line\nbreak\r\nset-cookie: a=b',
  'nul\u0000bell\u0007',
  '\u202egnp.exe\u202c',
  '\u2028\u2029]]>',
  '__proto__',
  '../../etc/passwd',
  '{{7*7}}<%= 1 %>#{1}',
  '%00%2e%2e%2f',
  '🏴‍☠️'.repeat(10),
  'a'.repeat(256),
];

test('hostile names break neither JSON nor HTML, and are found by their very text', async (context) => {
  const { get, filled } = await testSite(context, { names: HOSTILE });
  const { json } = await get('/v1/candidates?limit=200&sort=slot');
  assert.deepEqual(
    json.rows.slice(0, HOSTILE.length).map(({ name }: { name: string }) => name),
    HOSTILE,
  );
  const paths = ['/status', '/status/candidates?sort=slot', '/status/rounds/newest', '/status/nominators'];
  for (const name of HOSTILE) {
    const { status, json: one } = await get(`/v1/candidates/${encodeURIComponent(name)}`);
    assert.equal(status, 200, JSON.stringify(name));
    assert.equal(one.name, name);
    paths.push(`/status/candidates/${one.stash}`, `/status/candidates?name=${encodeURIComponent(name)}`);
  }
  for (const path of [...paths, `/status/candidates/${encodeURIComponent('<script>no</script>')}`]) {
    const { body, headers, status } = await get(path);
    assert.ok(status === 200 || status === 404, path);
    assertTame(body, path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
  }
  assert.ok(filled.standings.length > HOSTILE.length);
});

/** The page has only the tags of its template, no attribute that runs code, and no invisible characters. */
function assertTame(body: string, path: string): void {
  const scripts = [...body.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
  assert.deepEqual(scripts, ['<script src="/status/page.js" defer>'], path);
  assert.doesNotMatch(body, /<(img|svg|iframe|object|style)\b/i, path);
  // Quotes in texts are written as entities, so the text between two quotes is the value of an attribute.
  assert.doesNotMatch(body.replace(/"[^"]*"/g, ''), /<[^>]*\s(on\w+|style)\s*=/i, path);
  for (const line of body.split('\n')) assert.ok(!hasHidden(line), path);
}

test('paths and headers from anywhere are answered by a problem, never by a fault', async (context) => {
  const { get, app } = await testSite(context);
  for (const url of [
    '/v1/candidates/%E0%A4%A',
    `/v1/candidates/${'a'.repeat(5_000)}`,
    '/v1/candidates/%F0%9F%8F%B4',
    '/v1/rounds/newest/explain/%00',
    '/v1/candidates/..%2F..%2F',
    '/v1//candidates',
    '/status/candidates/%22%3E%3Cscript%3E',
    '/status/intents/%00',
    '/status/rounds/%3Cscript%3E',
    '/status/candidates?after=%00',
  ]) {
    const { status, json, body } = await get(url);
    assert.ok(status >= 400 && status < 500, `${url}: ${status}`);
    assert.ok(json === null ? body.includes('<h1>') : json.code !== 'internal', url);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
    const answer = await app.inject({ method, url: '/v1/candidates' });
    assert.equal(answer.statusCode, 405, method);
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
  const head = await app.inject({ method: 'HEAD', url: '/v1/candidates' });
  assert.equal(head.statusCode, 200);
  assert.equal(head.body, '');
});
