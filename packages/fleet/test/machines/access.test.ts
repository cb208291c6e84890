// Ways to nodes on a machine that systemd booted: its journal, a program, a port, one call. Each use is
// written down.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { fleetOn, type Ran, until, userOf, validatorAndRpc } from './ground.ts';

const ground = await bootMachines(['one']);
const fleet = fleetOn(ground);
after(() => ground.close());
before(() => validatorAndRpc(fleet, ground));

const access = (...args: readonly string[]): Promise<Ran> => fleet.run('access', ...args);

const audit = (): readonly string[] => {
  const file = join(ground.folder, '.watchbill-fleet/access.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

test('the log of a unit, from the journal of the machine', async () => {
  const all = await access('logs', 'rpc-one-0');
  assert.equal(all.code, 0, all.err);
  assert.match(all.out, /Node name: rpc-one-0/);
  assert.doesNotMatch(all.out, /Node name: validators-one-0/);
  const some = await access('logs', 'rpc-one-0', '--tail', '2', '--since', '20m');
  assert.equal(some.out.trim().split('\n').length, 2, some.out);
  // A node tells every five seconds that it is there.
  const nothing = async (): Promise<void> => undefined;
  const follow = ['access', 'logs', 'validators-one-0', '--follow', '--tail', '1'];
  const followed = await fleet.runUntil('Idle', nothing, ...follow);
  assert.equal(followed.code, 0, followed.err);
  assert.doesNotMatch(followed.out, /Node name/);
});

test('a program as the user of the node, in its folder, with its words as they are', async () => {
  const said = await access('exec', 'rpc-one-0', '--', 'printf', '%s|', 'a b', "it's", '$(id)');
  assert.deepEqual([said.code, said.out], [0, "a b|it's|$(id)|"], said.err);
  assert.equal((await access('exec', 'rpc-one-0', '--', 'id', '-un')).out, `${userOf('rpc-one-0')}\n`);
  const groups = (await access('exec', 'rpc-one-0', '--', 'id', '-Gn')).out;
  assert.deepEqual(groups.trim().split(' ').toSorted(), ['wb-pier', userOf('rpc-one-0')].toSorted());
  assert.equal((await access('exec', 'rpc-one-0', '--', 'pwd')).out, '/var/lib/watchbill/pier/rpc-one-0\n');
  assert.equal((await access('exec', 'rpc-one-0', '--', 'ls', 'keys')).out, 'node.key\n');
  const other = await access('exec', 'rpc-one-0', '--', 'ls', '../validators-one-0');
  assert.equal(other.code, 1);
  assert.match(other.err, /Permission denied/);
  const failed = await access('exec', 'rpc-one-0', '--', 'false');
  assert.equal(failed.code, 1);
  assert.match(failed.err, /false ended with 1/);
});

test('what may not be is refused before anything is written down or reached', async () => {
  const before = audit().length;
  assert.equal((await access('exec', 'validators-one-0', '--', 'id')).code, 3);
  assert.equal((await access('exec', 'rpc-one-0', '--', 'sh', '-c', 'id')).code, 3);
  assert.equal((await access('rpc', 'rpc-one-0', 'author_rotateKeys')).code, 3);
  assert.match((await access('logs', 'rpc-one-O')).err, /did you mean rpc-one-0/);
  assert.equal(audit().length, before);
  const meant = await access('exec', '--signing-node', 'validators-one-0', '--', 'id', '-un');
  assert.equal(meant.out, `${userOf('validators-one-0')}\n`, meant.err);
});

/** Name of the node behind a WebSocket. */
async function nameBehind(url: string): Promise<string> {
  const socket = new WebSocket(url);
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.onerror = () => reject(new Error(`${url} is no way to a node`));
      socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":1,"method":"system_name","params":[]}');
      socket.onmessage = ({ data }) =>
        resolve((JSON.parse(String(data)) as { readonly result: string }).result);
    });
  } finally {
    socket.close();
  }
}

test('a port that leads to the RPC, and one call over it', async () => {
  const called = await access('rpc', 'rpc-one-0', 'chain_getBlockHash', '[0]');
  assert.equal(called.code, 0, called.err);
  assert.match(called.out, /^"0x[0-9a-f]{64}"/);
  const asked = await access('rpc', 'rpc-one-0', 'state_getStorage', '["0xa11cea11ce"]');
  assert.deepEqual([asked.code, JSON.parse(asked.out)], [0, null], asked.err);
  assert.match((await access('rpc', 'rpc-one-0', 'no_such')).err, /the node refused no_such/);
  assert.match(
    (await access('rpc', '--unsafe', 'rpc-one-0', 'system_peers')).err,
    /the node refused system_peers/,
  );
  let name = '';
  const forwarded = await fleet.runUntil(
    'url',
    async (out) => {
      const { url } = JSON.parse(out) as { readonly url: string };
      assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+$/);
      name = await nameBehind(url);
    },
    'access',
    'forward',
    'rpc-one-0',
    '--json',
  );
  assert.equal(forwarded.code, 0, forwarded.err);
  assert.match(name, /Devnode/);
});

test('each use is a line that says who, when, which node and what, and nothing that was handed over', async () => {
  await until('uses are written down', () => audit().length > 0);
  const lines = audit();
  const uses = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  assert.ok(
    uses.every(
      ({ at, who, network }) => typeof at === 'string' && typeof who === 'string' && network === 'pier',
    ),
  );
  assert.deepEqual(uses.slice(0, 4).map(fields('node', 'verb', 'what')), [
    ['rpc-one-0', 'logs', null],
    ['rpc-one-0', 'logs', null],
    ['validators-one-0', 'logs', null],
    ['rpc-one-0', 'exec', 'printf'],
  ]);
  assert.ok(lines.every((line) => !line.includes('a11ce') && !line.includes('a b')));
});
