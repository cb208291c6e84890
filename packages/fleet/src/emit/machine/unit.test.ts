import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processesOf } from '../../rules/invariants/process.ts';
import { readFixture, WIDE } from '../kubernetes/fixture-networks.ts';
import { quoted } from './unit.ts';

const { resources } = readFixture(WIDE).graph;

function unitOf(name: string): string {
  const unit = resources.find(({ id }) => id === `iron/unit/watchbill-wide-${name}.service`);
  assert.ok(unit?.target === 'machine' && unit.body.kind === 'unit');
  return unit.body.text;
}

test('words that systemd would change stand for themselves', () => {
  assert.equal(quoted(['a', '--b=c']), 'a --b=c');
  assert.equal(
    quoted(['a b', '100%', '$HOME', 'say "x"', 'back\\slash']),
    '"a b" "100%%" "$$HOME" "say \\"x\\"" "back\\\\slash"',
  );
});

test('a unit runs as its own user, writes to its own folder, and may nothing else', () => {
  const text = unitOf('backup-iron-0');
  for (const line of [
    'User=wb-wide',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'CapabilityBoundingSet=',
    'Restart=always',
  ])
    assert.match(text, new RegExp(`^${line}$`, 'm'));
  assert.match(text, /^ReadWritePaths=\/var\/lib\/watchbill\/wide\/backup-iron-0$/m);
});

test('a validator may build its own sandbox, others may not', () => {
  const validator = readFixture(
    WIDE.replace('backup: {role: backup', 'backup: {role: validator'),
  ).graph.resources.find(({ id }) => id.endsWith('backup-iron-0.service'));
  assert.ok(validator?.target === 'machine' && validator.body.kind === 'unit');
  assert.doesNotMatch(validator.body.text, /RestrictNamespaces|SystemCallFilter=/);
  assert.match(unitOf('backup-iron-0'), /RestrictNamespaces=yes/);
});

test('on a machine RPC and metrics stay on loopback', () => {
  for (const resource of resources.filter(({ kind }) => kind === 'unit'))
    for (const { words } of processesOf(resource))
      assert.ok(!words.includes('--rpc-external') && !words.includes('--prometheus-external'), resource.id);
});

test('a signer keeps what it writes to itself', () => {
  assert.match(unitOf('collators-iron-0'), /^UMask=0077$/m);
});
