// A person inserted a key by RPC into a node that keeps its keystore in the home of its user, because its
// command line names no folder. No file that a plan reads shows the key, and the real node says that it has
// it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import {
  call,
  fleetOn,
  GATE,
  giveNodeKey,
  knownAs,
  makeNodeKey,
  networkOf,
  unitOf,
  until,
} from './ground.ts';

const NODE = 'v-iron-0';
const RPC_PORT = 9944;
const SIGNING = '--allow-signing';
const DROP_IN = `/etc/systemd/system/${unitOf(NODE)}.d`;
const HOME = `/var/lib/watchbill/pier/${NODE}/data/home`;

const ground = await bootMachines(['iron', 'tin']);
const [iron, tin] = ground.machines;
const fleet = fleetOn(ground);
after(() => ground.close());
let peerId = '';

before(async () => {
  const nodeKey = makeNodeKey(ground);
  peerId = nodeKey.peerId;
  write(['iron']);
  await giveNodeKey(fleet, NODE, nodeKey.file);
});

/** A validator with keys from a secret on each of these machines. That of iron is known to the other one. */
function write(places: readonly string[]): void {
  const counts = places.map((name) => `${name}: 1`).join(', ');
  fleet.write(`${networkOf(ground, '1')}pools:
  v:
    role: validator
    places: {${counts}}
    keys: {session: {source: secret, secret: "{node}-keys", types: {babe: sr25519, gran: ed25519}}}
    instances: {iron-0: ${knownAs(peerId)}}
`);
}

/** Puts new seeds of a node, and returns that of BABE. */
async function putSeeds(node: string): Promise<string> {
  const seeds = {
    babe: `0x${randomBytes(32).toString('hex')}`,
    gran: `0x${randomBytes(32).toString('hex')}`,
  };
  for (const [type, seed] of Object.entries(seeds)) {
    const file = join(ground.folder, `${node}-${type}`);
    writeFileSync(file, seed, { mode: 0o600 });
    const put = await fleet.run('secrets', 'put', `${node}-keys`, type, '--from', file);
    assert.equal(put.code, 0, put.out + put.err);
  }
  return seeds.babe;
}

/** Starts the node of iron with the keystore that its unit names, or with that of another home. */
async function restart(keystore: 'of its unit' | 'of a home'): Promise<void> {
  const file = `/etc/systemd/system/${unitOf(NODE)}`;
  const without = ['keystore-path', 'base-path'].map((flag) => `s# "?--${flag}=[^ "]*"?##`).join('; ');
  const start = `sed -nE '${without}; /^ExecStart=/p' ${file}`;
  iron.on(
    keystore === 'of a home'
      ? `mkdir -p ${DROP_IN}; { printf '[Service]\\nEnvironment=HOME=${HOME}\\nExecStart=\\n'; ${start}; } > ${DROP_IN}/keystore.conf`
      : `rm -rf ${DROP_IN}`,
  );
  iron.on(`systemctl daemon-reload; systemctl restart ${unitOf(NODE)}`);
  await until('the node answers', () => call(iron, RPC_PORT, 'system_health') !== null);
}

test('a key in the memory of a running signer keeps a plan and a run from starting another one with it', async () => {
  await putSeeds(NODE);
  await fleet.settle(SIGNING);
  write(['iron', 'tin']);
  const seed = await putSeeds('v-tin-0');
  const key = tin.on('cat /var/lib/watchbill-fleet/pier/public-keys/pier.v-tin-0-keys.babe').trim();
  assert.match(key, /^0x[0-9a-f]{64}$/);
  const has = () => call<boolean>(iron, RPC_PORT, 'author_hasKey', [key, 'babe']);
  await restart('of a home');
  call(iron, RPC_PORT, 'author_insertKey', ['babe', seed, key]);
  assert.equal(has(), true);
  assert.doesNotMatch(iron.on('ls -R /run/watchbill-fleet'), new RegExp(key.slice(2)), 'no file shows it');
  const refused = await fleet.plan();
  assert.equal(refused.code, 3);
  const [problem] = refused.plan.problems;
  assert.equal(problem?.code, 'two-signers');
  assert.ok(problem.what.includes(`both have the public key ${key}`), problem.what);
  assert.match((await fleet.run('plan')).out, /v-iron-0\.service reports by author_hasKey that it has keys/);

  // Control: without the other keystore the node does not have the key, and the same file is planned.
  await restart('of its unit');
  assert.equal(has(), false);
  const { plan, code } = await fleet.plan();
  assert.deepEqual([code, plan.problems], [6, []]);

  // Between plan and run the node gets it back.
  await restart('of a home');
  assert.equal(has(), true);
  const stopped = await fleet.run('apply', plan.id, SIGNING, ...GATE);
  assert.notEqual(stopped.code, 0, stopped.out);
  assert.match(stopped.out + stopped.err, /v-iron-0\.service has its keys.*plan again/);
  assert.equal(tin.on('ls /etc/systemd/system | grep -c watchbill-pier || :').trim(), '0');

  // A node that does not answer refuses nothing, and the plan says so.
  iron.on(`systemctl stop ${unitOf(NODE)}`);
  const unseen = await fleet.run('plan');
  assert.equal(unseen.code, 6, unseen.out + unseen.err);
  assert.match(unseen.out, /inserted into 1 running signer by RPC are not seen: iron\/unit\//);
});
