import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headText } from '../file/testing/index.ts';
import { harbour } from './testing/fake-harbour.ts';

const TWO_SIGNERS = `${headText()}pools:
  v:
    role: validator
    count: 2
    keys: {session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}
`;

test('a plan without places takes the claim that signers have different keys', async () => {
  const { fleet, write } = await harbour(null);
  write('network.yaml', TWO_SIGNERS);
  const refused = await fleet('plan', '--offline', '--file', 'network.yaml');
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(refused.stdout, /--different-keys/);
  const planned = await fleet('plan', '--offline', '--file', 'network.yaml', '--different-keys');
  assert.equal(planned.code, 6, planned.stdout + planned.stderr);
  assert.match(planned.stdout, /v-main-1/);
});

for (const flag of [
  ...['--take-over', '--kubeconfig=x', '--first-time', '--forget-place=x', '--abandon=x'],
  '--same-machine=x',
])
  test(`a plan without places refuses ${flag}, which is about places`, async () => {
    const { refused, write } = await harbour(null);
    write('network.yaml', TWO_SIGNERS);
    const why = new RegExp(`${flag.split('=')[0]} is about places, and --offline asks none`);
    await refused(2, why, 'plan --offline --file network.yaml', ...flag.split('='));
  });
