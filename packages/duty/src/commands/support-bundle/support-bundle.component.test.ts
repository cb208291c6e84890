import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scene } from '../testing/fake-ledger.ts';

const PLANTED = {
  operatorToken: 'hunter2-of-the-operator',
  storePassword: 'correct horse battery',
  otherToken: 'Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A',
  bearer: 'some.bearer.credential',
  address: 'sesame',
  mnemonic: '"bottom drive obey lake"',
  pem: 'MC4CAQAwBQYDK2VwBCIEIA',
};
const HASH = '5f'.repeat(32);
const LOG = [
  `{"event":"serving","hash":"${HASH}"}`,
  `{"headers":{"authorization":"Bearer ${PLANTED.bearer}"}}`,
  `token ${PLANTED.otherToken} of ${PLANTED.operatorToken}`,
  `store https://root:${PLANTED.address}@127.0.0.1:2379`,
  `mnemonic: ${PLANTED.mnemonic}`,
  `-----BEGIN PRIVATE KEY-----\n${PLANTED.pem}\n-----END PRIVATE KEY-----`,
].join('\n');

test('the bundle has every part, for its owner alone, and none of the planted secrets', async (context) => {
  const answers = {
    'GET /v1/health': { status: 200, body: { service: 'one', said: `Bearer ${PLANTED.bearer}` } },
  };
  const { cwd, run, service } = await scene(context, answers);
  writeFileSync(join(cwd, 'operator.token'), `${PLANTED.operatorToken}\n`, { mode: 0o600 });
  writeFileSync(join(cwd, 'store.password'), PLANTED.storePassword, { mode: 0o600 });
  const operator = `operator: { tokenFile: operator.token, url: '${service.url}' }`;
  const store =
    'store: { kind: etcd, endpoints: [http://127.0.0.1:2379], auth: { user: a, passwordFile: store.password } }';
  writeFileSync(join(cwd, 'watchbill.yaml'), `${operator}\n${store}\n`);
  writeFileSync(join(cwd, 'serve.log'), LOG);
  const { code, all } = await run(['support-bundle', '--log', 'serve.log', '--out', 'b.txt']);
  assert.equal(code, 0, all);
  const text = readFileSync(join(cwd, 'b.txt'), 'utf8');
  assert.equal(statSync(join(cwd, 'b.txt')).mode & 0o777, 0o600);
  for (const title of ['versions', 'configuration', 'GET /v1/policies', 'log'])
    assert.ok(text.includes(`== ${title} ==`), title);
  assert.match(text, /== GET \/v1\/health ==\n\{\n "service": "one"/);
  assert.match(text, /store\.auth\.passwordFile: ".*store\.password"/);
  assert.ok(text.includes(HASH), 'hashes stay');
  for (const [name, secret] of Object.entries(PLANTED)) assert.ok(!text.includes(secret), name);
});

test('without a configuration the log stays out, because its secrets are not known', async (context) => {
  const { cwd, run } = await scene(context, {});
  writeFileSync(join(cwd, 'watchbill.yaml'), 'nmae: 1\n');
  writeFileSync(join(cwd, 'serve.log'), PLANTED.operatorToken);
  assert.equal((await run(['support-bundle', '--log', 'serve.log', '--out', 'b.txt'])).code, 0);
  const text = readFileSync(join(cwd, 'b.txt'), 'utf8');
  assert.match(text, /== configuration ==\nnot read: .*watchbill\.yaml:1:1: unknown key nmae/);
  assert.match(text, /== log ==\nnot read: the secrets to remove are not known/);
  assert.ok(!text.includes(PLANTED.operatorToken));
});

test('a part that cannot be had says why, and a file is never overwritten', async (context) => {
  const { cwd, run } = await scene(context, {});
  const args = ['support-bundle', '--out', 'b.txt', '--url', 'http://127.0.0.1:1', '--log', 'no.log'];
  assert.equal((await run(args)).code, 0);
  const text = readFileSync(join(cwd, 'b.txt'), 'utf8');
  assert.match(text, /== GET \/v1\/health ==\nnot read: .*127\.0\.0\.1:1/);
  assert.match(text, /== log ==\nnot read: .*no\.log/);
  const again = await run(args);
  assert.notEqual(again.code, 0);
  assert.match(again.stderr, /b\.txt/);
});
