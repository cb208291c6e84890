import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listening, temporaryFolder } from '@watchbill/kit/testing';
import { fakeService } from '../../client/testing/fake-service.ts';
import { runFake } from '../testing/run-duty.ts';

/** A folder whose configuration says where it listens; commands of an operator go to another address. */
function folderOf(context: TestContext, port: number, more = ''): string {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'operator.token'), 'hunter2-hunter2-hunter2\n', { mode: 0o600 });
  const lines = [
    `service: { listen: { host: 127.0.0.1, port: ${port} } }`,
    "operator: { tokenFile: operator.token, url: 'https://127.0.0.1:1' }",
  ];
  writeFileSync(join(cwd, 'watchbill.yaml'), `${lines.join('\n')}\n${more}`);
  return cwd;
}

test('it asks the service of its folder without a token, and reports why it does not grant', async (t) => {
  const states = [
    { status: 200, body: { ready: true, state: 'serving', detail: 'serving' } },
    { status: 503, body: { code: 'not-ready', state: 'behind', detail: 'the store went back' } },
  ];
  const fake = await fakeService({
    answers: { 'GET /readyz': ({ path }) => states[path === '/readyz' ? asked++ : 0] ?? 'silence' },
  });
  let asked = 0;
  t.after(() => fake.stop());
  const cwd = folderOf(t, Number(new URL(fake.url).port));
  const ready = await runFake(['service', 'ready'], { cwd });
  assert.deepEqual([ready.code, ready.stdout], [0, 'ready: serving\n']);
  const behind = await runFake(['service', 'ready', '--json'], { cwd });
  assert.equal(behind.code, 5, behind.stderr);
  assert.match(behind.stdout + behind.stderr, /not ready: behind\. the store went back/);
  const silent = await runFake(['service', 'ready', '--timeout-ms', '200'], { cwd });
  assert.equal(silent.code, 5);
  assert.deepEqual(
    fake.seen.map(({ authorization }) => authorization),
    [null, null, null],
  );
});

test('a service with TLS is asked whatever names its certificate has', async (t) => {
  const made = temporaryFolder(t);
  assert.equal((await runFake(['init', '--tls'], { cwd: made })).code, 0);
  // A certificate of an authority that the probe is not given.
  const tls: ServerOptions = {
    cert: readFileSync(join(made, 'tls/server.pem')),
    key: readFileSync(join(made, 'tls/server.key')),
  };
  const server = createServer(tls, (_, response) => response.end('{"ready":true,"state":"serving"}'));
  const files = `tls: { certFile: ${made}/tls/server.pem, keyFile: ${made}/tls/server.key }\n`;
  const cwd = folderOf(t, await listening(server, t), files);
  const ready = await runFake(['service', 'ready'], { cwd });
  assert.equal(ready.code, 0, ready.stderr);
});
