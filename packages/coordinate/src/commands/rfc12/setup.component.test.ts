// Mistakes that keep an operator of rfc12 from running; test/groups has operators that run.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { commandsIn } from '../testing/run-coordinate.ts';

const folder = commandsIn();

const LIMIT = { timeout: 180_000 };
const CONFIG = 'wallet-demo/one/coordinate.yaml';

const textOf = (name: string): string => folder.read(join('wallet-demo', name));

before(async () => {
  const made = await folder.text('init --profile rfc12 --example wallet-demo');
  assert.match(made, /run --profile rfc12 --config wallet-demo\/four\/coordinate\.yaml/);
  assert.match(made, /divided by 20: for practice only/);
}, LIMIT);

/** Runs the first operator with a file changed, and puts the file back. */
async function refused(name: string, from: RegExp | string, to: string): Promise<string> {
  const good = textOf(name);
  const changed = good.replace(from, to);
  assert.notEqual(changed, good);
  folder.write(join('wallet-demo', name), changed);
  const ran = await folder.refused(2, /^/, 'run --profile rfc12 --config', CONFIG);
  folder.write(join('wallet-demo', name), good);
  return ran.stderr;
}

test('a key of another kind, and one of another operator', LIMIT, async () => {
  const wrongKind = await refused('one/operator.key', 'secp256k1', 'ed25519');
  assert.match(wrongKind, /has a key of ed25519; operators of rfc12 have one of secp256k1/);
  assert.match(wrongKind, /coordinate\.yaml:\d+:\d+[\s\S]*init --scheme secp256k1/);
  const stranger = await refused('one/operator.key', /0x.*/, `0x${'07'.repeat(32)}`);
  assert.match(stranger, /the operator 0x[0-9a-fA-F]{40} of this key has no seat in the group demo/);
  for (const text of [wrongKind, stranger]) assert.ok(!text.includes('0707'), 'no secret is shown');
});

test('a group file with a mistake is refused with its line', LIMIT, async () => {
  const [, operator = ''] = /"(0x[0-9a-fA-F]{40})"/.exec(textOf('group.yaml')) ?? [];
  const cases: readonly (readonly [RegExp | string, string, RegExp])[] = [
    ['practiceScale: 20', 'practiceScale: 7', /expected one of 1, 2, 4, 5, 10, 20/],
    [/wallet: .*/, `wallet: "0x02${'ff'.repeat(32)}"`, /expected a public key of secp256k1/],
    [/\/ip4\/127\.0\.0\.1\/tcp\/\d+/, '127.0.0.1:7400', /127\.0\.0\.1:7400 is not a multiaddr/],
    [operator, operator.toLowerCase(), /has a wrong checksum[\s\S]*with its checksum it is 0x/],
    ['watchbill/rfc12-group/1', 'watchbill/group/1', /format/],
  ];
  for (const [from, to, pattern] of cases) {
    const stderr = await refused('group.yaml', from, to);
    assert.match(stderr, pattern);
    assert.match(stderr, /group\.yaml:\d+:\d+/);
  }
});

test('settings and flags are checked', LIMIT, async () => {
  const more = await refused('one/coordinate.yaml', /$/, 'rfc12: { retransmission: sometimes }\n');
  assert.match(more, /backoff.*standard/);
  const quorumOnly = /--dry-run is for the profile quorum/;
  await folder.refused(2, quorumOnly, 'run --profile rfc12 --dry-run --config', CONFIG);
  // A group of rfc12 is not a group of quorum.
  await folder.refused(2, /^/, 'run --config', CONFIG);
  await folder.refused(2, /^/, 'init --profile rfc12 --dir alone');
});
