import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Seen } from '../../client/testing/fake-service.ts';
import { CHAIN, KEY, SECRET, scene } from '../testing/fake-ledger.ts';

const CREATED = 'new-secret-of-the-token';
const CREATE = ['token', 'create', '--role', 'node', '--name', 'alpha'];
const token = { id: '00ff', role: 'node', name: 'alpha', original: null, createdMs: 0 };
const answers = {
  'POST /v1/tokens': { status: 201, body: { token, secret: CREATED } },
  'GET /v1/tokens': { status: 200, body: { tokens: [token] } },
  'DELETE /v1/tokens/00ff': { status: 204, body: null },
};

test('the secret goes into a closed new file and nowhere else', async (t) => {
  const { run, cwd, service } = await scene(t, answers);
  for (const [file, more] of [
    ['a.token', []],
    ['b.token', ['--json']],
  ] as const) {
    const ran = await run([...CREATE, '--out', file, ...more]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(readFileSync(join(cwd, file), 'utf8'), `${CREATED}\n`);
    assert.equal(statSync(join(cwd, file)).mode & 0o777, 0o600);
    assert.ok(!ran.all.includes(CREATED) && !ran.all.includes(SECRET));
  }
  assert.deepEqual(service.seen[0]?.body, { role: 'node', name: 'alpha' });
});

test('without a file it is shown once on a terminal; without a terminal no token is made', async (t) => {
  const { run, service } = await scene(t, answers);
  const shown = await run(CREATE, { outIsTerminal: true });
  assert.equal(shown.code, 0);
  assert.equal(shown.stdout.split(CREATED).length, 2);
  const asked = service.seen.length;
  assert.equal((await run(CREATE)).code, 2);
  assert.equal((await run([...CREATE, '--json'], { outIsTerminal: true })).code, 2);
  assert.equal(service.seen.length, asked);
});

test('an existing file is kept and no token is made; a refused request leaves no file', async (t) => {
  const { run, cwd, service } = await scene(t, {
    'POST /v1/tokens': { status: 403, body: { title: 'no', code: 'role-forbidden', remedy: 'r' } },
  });
  writeFileSync(join(cwd, 'mine'), 'mine');
  assert.equal((await run([...CREATE, '--out', 'mine'])).code, 2);
  assert.equal(readFileSync(join(cwd, 'mine'), 'utf8'), 'mine');
  assert.equal(service.seen.length, 0);
  assert.equal((await run([...CREATE, '--out', 'new'])).code, 1);
  assert.equal(existsSync(join(cwd, 'new')), false);
});

test('--original writes the whole base URL', async (t) => {
  const { run, cwd, service } = await scene(t, answers);
  const ran = await run([...CREATE, '--original', '--chain', CHAIN, '--key', KEY, '--out', 'a.url']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(readFileSync(join(cwd, 'a.url'), 'utf8'), `${service.url}/original/${CREATED}\n`);
  assert.deepEqual((service.seen[0] as Seen).body, {
    role: 'node',
    name: 'alpha',
    original: { chain: CHAIN, key: KEY },
  });
  assert.equal((await run([...CREATE, '--original', '--out', 'b.url'])).code, 2);
  assert.equal((await run([...CREATE, '--chain', CHAIN, '--out', 'b.url'])).code, 2);
});

test('list and revoke', async (t) => {
  const { run } = await scene(t, answers);
  assert.match((await run(['token', 'list'])).stdout, /00ff +node +alpha +1970-01-01T00:00:00.000Z/);
  assert.equal(JSON.parse((await run(['token', 'list', '--json'])).stdout).tokens[0].id, '00ff');
  const revoked = await run(['token', 'revoke', '00ff']);
  assert.equal(revoked.code, 0);
  assert.match(revoked.stdout, /revoked/);
  assert.equal((await run(['token', 'revoke', 'zz'])).code, 1);
});

const MAIN = fileURLToPath(new URL('../../../../watchbill/src/main.ts', import.meta.url));

test('a token whose secret found no room is taken back, and leaves no file', async (t) => {
  const refusing = {
    'DELETE /v1/tokens/00ff': { status: 503, body: { title: 'no', code: 'away', remedy: 'r' } },
  };
  for (const [more, said] of [
    [{}, /the token was revoked/],
    [refusing, /token 00ff still exists.*watchbill token revoke 00ff/],
  ] as const) {
    const { cwd, service } = await scene(t, { ...answers, ...more });
    // No file of this process may grow.
    const script = `ulimit -f 0; exec ${process.execPath} ${MAIN} ${CREATE.join(' ')} --out new.token`;
    const child = spawn('bash', ['-c', script], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
    const [code] = await once(child, 'close');
    assert.equal(code, 1, text);
    assert.match(text.replaceAll('\n', ' '), said);
    assert.equal(existsSync(join(cwd, 'new.token')), false);
    assert.deepEqual(
      service.seen.map(({ method }) => method),
      ['POST', 'DELETE'],
    );
  }
});
