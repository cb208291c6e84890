import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissions } from './admission.ts';
import { addressBlock, originOf, proxyList } from './caller.ts';
import { keyHash, readKeys } from './keys.ts';
import { gatewayShape } from './settings.ts';

/** Settings of a gateway before one node, with one tier. */
const GOOD = {
  listen: { port: 1 },
  backends: [{ name: 'a', url: 'ws://127.0.0.1:1' }],
  tiers: { all: { methods: ['*'], requestsPerSecond: 1, burst: 1 } },
};
const BY_KEY = { headers: { 'x-api-key': 'secret' }, path: '/', socketAddress: '127.0.0.1' };

test('an IPv6 customer is counted once, an IPv4 address by itself', () => {
  assert.equal(addressBlock('2001:db8::1'), addressBlock('2001:db8:0:0:ffff::2'));
  assert.notEqual(addressBlock('2001:db8::1'), addressBlock('2001:db8:0:1::1'));
  assert.equal(addressBlock('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(addressBlock('10.0.0.2'), '10.0.0.2');
});

test('a forwarded address counts only behind a proxy of ours', () => {
  assert.equal(originOf('9.9.9.9', '1.1.1.1', proxyList([])), '9.9.9.9');
  assert.equal(originOf('10.0.0.1', '1.1.1.1', proxyList(['10.0.0.1'])), '1.1.1.1');
  assert.equal(originOf('10.0.0.1', 'forged, 2.2.2.2', proxyList(['10.0.0.1'])), '2.2.2.2');
  assert.equal(originOf('10.0.0.1', undefined, proxyList(['10.0.0.1'])), '10.0.0.1');
  const ranges = proxyList(['10.0.0.0/16', 'fd00::/8']);
  for (const hop of ['10.0.9.9', '::ffff:10.0.9.9', 'fd00::1'])
    assert.equal(originOf(hop, '1.1.1.1', ranges), '1.1.1.1', hop);
  for (const hop of ['10.1.0.1', '2001:db8::1']) assert.equal(originOf(hop, '1.1.1.1', ranges), hop);
});

test('a gateway that would show keys to the network, or admit no caller, is refused', () => {
  const good = { ...GOOD, anonymous: 'all' };
  const problems = (change: object) =>
    (gatewayShape.safeParse({ ...good, ...change }).error?.issues ?? []).map(({ message }) => message).join();
  assert.equal(problems({}), '');
  assert.match(problems({ listen: { host: '0.0.0.0', port: 1 } }), /in clear text on 0\.0\.0\.0/);
  assert.equal(problems({ listen: { host: '0.0.0.0', port: 1, behindTls: true } }), '');
  assert.match(problems({ anonymous: null }), /every caller would be refused/);
  assert.match(problems({ anonymous: 'other' }), /there is no tier "other"/);
  assert.match(problems({ admin: { host: '0.0.0.0', port: 1 } }), /metrics and health are for this machine/);
  assert.match(problems({ backends: [...good.backends, ...good.backends] }), /a stands twice/);
  assert.match(problems({ backends: [{ name: 'a', url: 'http://x' }] }), /ws:\/\/127/);
  assert.match(problems({ colour: 1 }), /colour/);
  assert.equal(problems({ trustedProxies: ['127.0.0.1', '::1', '10.0.0.0/16', 'fd00::/8'] }), '');
  for (const wrong of ['10.0.0', '10.0.0.0/33', 'proxy.example.org'])
    assert.match(
      problems({ trustedProxies: [wrong] }),
      /an address or a range, for example 10\.0\.0\.7/,
      wrong,
    );
});

test('a key ends when its file says so, for those who are inside as well', async () => {
  const settings = gatewayShape.parse({ ...GOOD, keysFile: 'keys.json' });
  const entry = { name: 'a', tier: 'all', sha256: keyHash('secret'), expiresAt: '2026-01-01T00:00:00Z' };
  let now = Date.parse('2025-12-31T23:59:59Z');
  const doors = admissions(settings, [entry], null, () => now);
  const inside = await doors.admit(BY_KEY);
  assert.ok(inside.ok && doors.stands(inside.caller));
  now += 1_000;
  assert.deepEqual(await doors.admit(BY_KEY), { ok: false, why: 'wrong-key' });
  assert.ok(!doors.stands(inside.caller));
});

test('who came in with a key stays only while that key has that tier, whatever other key its name has', async () => {
  const few = { ...GOOD.tiers.all, methods: ['system_*'] };
  const settings = gatewayShape.parse({ ...GOOD, tiers: { ...GOOD.tiers, few }, keysFile: 'keys.json' });
  const entry = { name: 'a', tier: 'all', sha256: keyHash('secret') };
  const doors = admissions(settings, [entry], null, () => 0);
  const inside = await doors.admit(BY_KEY);
  if (!inside.ok) return assert.fail(inside.why);
  doors.setKeys([{ ...entry }]);
  assert.ok(doors.stands(inside.caller));
  doors.setKeys([{ ...entry, sha256: keyHash('the key after it') }]);
  assert.ok(!doors.stands(inside.caller));
  doors.setKeys([{ ...entry, tier: 'few' }]);
  assert.ok(!doors.stands(inside.caller));
});

test('a file of keys with a tier that is not there, or a key that stands twice, is refused whole', () => {
  const entry = (name: string, tier: string, key: string) => ({ name, tier, sha256: keyHash(key) });
  const problems = (...keys: readonly object[]) => {
    const read = readKeys(JSON.stringify({ version: 1, keys }), ['all']);
    return read.ok ? '' : read.problems.join();
  };
  assert.equal(problems(entry('a', 'all', '1'), entry('b', 'all', '2')), '');
  assert.match(problems(entry('a', 'other', '1')), /has the tier other/);
  assert.match(problems(entry('a', 'all', '1'), entry('a', 'all', '2')), /a stands twice/);
  assert.match(problems(entry('a', 'all', '1'), entry('b', 'all', '1')), /has the same key as another name/);
  assert.match(problems({ name: 'a', tier: 'all', key: 'plain' }), /key/);
});
