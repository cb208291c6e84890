import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { readFixture, WIDE } from '../testing/networks.ts';
import { credentialFile, credentialName } from './credential.ts';
import { secretsOf } from './needs.ts';

const TEXT = WIDE.replace(
  '      east-1:\n',
  `      iron-0:
        keys: {session: {source: secret, secret: pier, types: {aura: sr25519}}}
        duty: {services: ["https://watch:8443"], secret: "{node}-duty", ca: true}
      east-1:
`,
);

test('what nodes take from secrets, on machines and in clusters, under the names that they have there', () => {
  const { network, graph } = readFixture(TEXT);
  assert.deepEqual(secretsOf(network).map(fields('place', 'node', 'secret', 'entry', 'use')), [
    ['west', 'boot-west-0', 'boot-west-0', 'key', 'node-key'],
    ['east', 'collators-east-1', 'collators-east-1-keys', 'aura', 'seed'],
    ['iron', 'collators-iron-0', 'collators-iron-0-duty', 'ca', 'ca'],
    ['iron', 'collators-iron-0', 'collators-iron-0-duty', 'token', 'token'],
    ['iron', 'collators-iron-0', 'pier', 'aura', 'seed'],
  ]);
  // The same that a plan looks for before its first step.
  const expected = graph.expects.flatMap(({ kind, place, name, entries }) =>
    kind === 'Secret'
      ? entries.map((entry) => `${place} ${credentialName('wide', { secret: name, entry })}`)
      : [`${place} ${name}`],
  );
  const needed = secretsOf(network).map((one) => `${one.place} ${credentialName('wide', one)}`);
  assert.deepEqual(expected.sort(), needed.sort());
});

test('a credential is named by network, secret and entry, and lies under that name', () => {
  const name = credentialName('tide', { secret: 'a.b', entry: 'babe' });
  assert.equal(name, 'tide.a.b.babe');
  assert.equal(credentialFile(name), '/etc/watchbill-fleet/credentials/tide.a.b.babe.cred');
});
