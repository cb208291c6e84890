import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { temporaryFolder } from '@watchbill/kit/testing';
import { rawCall, requestOf } from './testing/client.ts';
import { serve, testApp } from './testing/server.ts';

const root = temporaryFolder();
const packed = (name: string, text: string) =>
  writeFileSync(join(root, 'help', name), brotliCompressSync(text));
mkdirSync(join(root, 'help/duty'), { recursive: true });
packed('index.html.br', '<h1>First</h1>');
packed('duty/words.html.br', '<h1>Words</h1>'.repeat(100));
writeFileSync(join(root, 'help/plain.js'), 'let a;');
writeFileSync(join(root, 'help/notes.txt'), 'of no page');
writeFileSync(join(root, 'secret.html'), 'secret');
const { inject } = await testApp(undefined, { help: pathToFileURL(`${root}/help/`) });
const get = (url: string, headers = {}) => inject({ method: 'GET', url, headers });

test('a page is there without a token, packed for a browser and plain for others', async () => {
  const plain = await get('/help/duty/words.html?a=b');
  assert.deepEqual([plain.statusCode, plain.headers['content-type']], [200, 'text/html; charset=utf-8']);
  assert.equal(plain.body, '<h1>Words</h1>'.repeat(100));
  const small = await get('/help/duty/words.html', { 'accept-encoding': 'gzip, br' });
  assert.equal(small.headers['content-encoding'], 'br');
  assert.equal(brotliDecompressSync(small.rawPayload).toString(), plain.body);
  assert.ok(small.rawPayload.length < 100);
  assert.equal(small.headers.vary, 'accept-encoding');
  assert.notEqual(small.headers.etag, plain.headers.etag);
  assert.equal((await get('/help/plain.js')).body, 'let a;');
  assert.equal((await get('/help/')).body, '<h1>First</h1>');
  assert.equal((await get('/help')).headers.location, '/help/');
});

test('pages run scripts of this service alone, and no other page may frame them', async () => {
  const { headers } = await get('/help/');
  const policy = String(headers['content-security-policy']);
  for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.split('; ').includes(rule), rule);
  assert.doesNotMatch(policy, /https?:|eval|[*]/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
});

test('a browser that has the page gets no second copy, and HEAD has no body', async () => {
  const { etag } = (await get('/help/')).headers;
  const again = await get('/help/', { 'if-none-match': String(etag) });
  assert.deepEqual([again.statusCode, again.body], [304, '']);
  const head = await inject({ method: 'HEAD', url: '/help/' });
  assert.deepEqual([head.statusCode, head.body, head.headers.etag], [200, '', etag]);
  assert.equal(head.headers['content-length'], '14');
});

test('no address leads out of the folder, or to a file that is no page', async (context) => {
  const server = await serve(context, undefined, { help: pathToFileURL(`${root}/help/`) });
  for (const path of [
    ...['../secret.html', '%2e%2e/secret.html', '..%2fsecret.html', 'duty/../../secret.html'],
    ...['..%5csecret.html', '/secret.html', '%2Fsecret.html', 'duty//words.html', './index.html%00.html'],
    ...[
      `file:%2f%2f${root}/secret.html`,
      'notes.txt',
      'index.html.br',
      'duty',
      'none.html',
      'a'.repeat(2_000),
    ],
  ]) {
    const { status, body } = await rawCall(server.port, requestOf(`GET /help/${path}`));
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    assert.doesNotMatch(body, /^secret|First|of no page/, path);
  }
  const page = await fetch(`${server.url}/help/none.html`, { headers: { accept: 'text/html' } });
  assert.match(await page.text(), /<h1>No such page/);
});

test('a copy without pages says how to make them', async () => {
  const without = await testApp(undefined, { help: pathToFileURL(`${root}/none/`) });
  const { statusCode, body } = await without.inject({ method: 'GET', url: '/help/' });
  assert.equal(statusCode, 404);
  assert.match(body, /<code>npm run site<\/code> makes them/);
});
