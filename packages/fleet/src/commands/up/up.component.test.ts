import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../testing/fake-harbour.ts';

const DIGEST = 'ab'.repeat(32);

function networkText(role: string): string {
  return `format: watchbill/network/1
name: trial
chain: {name: fake-local}
clusters: {here: {}}
defaults:
  software: {image: "example/node@sha256:${DIGEST}", binary: {source: /no/such/node, sha256: ${DIGEST}}, command: node, sdk: stable2606}
pools:
  first: {role: ${role}, count: 1}
`;
}

test('a gateway that cannot be is refused before anything of the network is made', async () => {
  const { cwd, fleet, refused, write } = await harbour(null);
  write('network.yaml', networkText('rpc'));
  for (const port of ['abc', '', '-1', '1e3', '70000', '99.5']) {
    const ran = await fleet('up', '--local', `--gateway=${port}`);
    assert.equal(ran.code, 2, port);
    assert.match(ran.stderr, /--gateway takes a port, not/, port);
  }
  write('network.yaml', networkText('validator'));
  await refused(2, /has no RPC nodes for a gateway/, 'up --local --gateway 9950');
  assert.ok(!existsSync(join(cwd, 'local')));
  // A good one goes on to what comes next.
  write('network.yaml', networkText('rpc'));
  assert.match((await fleet('up', '--local', '--gateway', '0')).stderr, /\/no\/such\/node does not exist/);
});
