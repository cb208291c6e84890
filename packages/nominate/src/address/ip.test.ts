import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDnsName, isNodeAddress, readIp, specialKind } from './ip.ts';

test('addresses are numbers with one spelling; IPv4 in the form of IPv6 is IPv4', () => {
  assert.deepEqual(readIp('203.0.113.7'), { family: 4, value: 0xcb007107n, text: '203.0.113.7' });
  assert.deepEqual(readIp('::ffff:203.0.113.7'), readIp('203.0.113.7'));
  assert.deepEqual(readIp('2001:DB8:0:0::1'), {
    family: 6,
    value: (0x20010db8n << 96n) | 1n,
    text: '2001:db8::1',
  });
  for (const [text, value] of [
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['::203.0.113.7', 0xcb007107n],
  ] as const)
    assert.equal(readIp(text)?.value, value, text);
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    'fe80::1%eth0',
    '[::1]',
    '::1/64',
    'x',
    '1.2.3.4:5',
    '1:2',
  ])
    assert.equal(readIp(text), null, text);
});

test('any address, however it is spelt, is read as its number', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), fc.boolean(), (value, isWide) => {
      const digits = value.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
      const groups = digits.map((group) => (isWide ? group : BigInt(`0x${group}`).toString(16)));
      const read = readIp(groups.join(':'));
      // Addresses in ::ffff:0:0/96 are IPv4, and random ones are rarely in it.
      assert.equal(read?.family === 4 ? 0xffff_0000_0000n | read.value : read?.value, value);
      assert.equal(readIp(read?.text ?? '')?.value, read?.value);
    }),
  );
});

test('addresses that are not globally reachable are recognised', () => {
  const kinds: Readonly<Record<string, RegExp | null>> = {
    ...{ '127.0.0.1': /loopback/, '::1': /loopback/, '::ffff:127.0.0.1': /loopback/ },
    ...{
      '10.1.2.3': /^private/,
      '172.31.255.255': /^private/,
      '192.168.0.1': /^private/,
      'fd00::1': /^private/,
    },
    ...{ '100.64.0.1': /carrier/, '169.254.1.1': /link-local/, 'fe80::1': /link-local/ },
    ...{
      '224.0.0.1': /multicast/,
      'ff02::1': /multicast/,
      '0.0.0.0': /reserved/,
      '255.255.255.255': /reserved/,
      '::': /reserved/,
    },
    ...{ '172.32.0.0': null, '100.128.0.0': null, '11.0.0.0': null, '2a01:4f8::1': null, '9.9.9.9': null },
  };
  for (const [text, kind] of Object.entries(kinds)) {
    const ip = readIp(text);
    assert.ok(ip !== null, text);
    if (kind === null) assert.equal(specialKind(ip), null, text);
    else assert.match(specialKind(ip) ?? 'none', kind, text);
  }
});

test('a node is reached under an address or a full DNS name, and under nothing else', () => {
  for (const text of ['203.0.113.7', '2001:db8::1', 'node-1.example.org', 'a.b', 'xn--bcher-kva.example'])
    assert.ok(isNodeAddress(text), text);
  const labels = 'a'.repeat(64);
  for (const text of [
    '',
    'localhost',
    'https://a.b',
    'a.b:30333',
    'a b.c',
    '.a.b',
    'a..b',
    '-a.b',
    '1.2.3.4.5',
    '1.2.3',
    `${labels}.org`,
  ])
    assert.ok(!isNodeAddress(text), text);
  assert.ok(!isDnsName(`${'a.'.repeat(127)}ab`));
});
