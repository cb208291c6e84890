import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { headText, IN_PODS } from '../../file/testing/index.ts';
import { harbour } from '../testing/fake-harbour.ts';

function networkText(role: string): string {
  const software = `${IN_PODS}, binary: {source: /no/such/node, sha256: ${'ab'.repeat(32)}}`;
  return `${headText({ chain: '{name: fake-local}', software })}pools:\n  first: {role: ${role}, count: 1}\n`;
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
