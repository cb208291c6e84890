import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { NAMED as ETCD } from '../etcd/options.ts';
import { StoreFault } from '../port.ts';
import { NAMED as PD } from '../tikv/options.ts';
import { type ClusterOptions, clusterSettings } from './endpoints.ts';

type Change = Partial<ClusterOptions<never>>;

const clock = createVirtualClock();
const settle = (change: Change, named = ETCD) =>
  clusterSettings({ endpoints: ['a:2379'], clock, ...change }, named);
const originsOf = (change: Change) => settle(change).endpoints.map((url) => url.origin);

test('defaults are filled in, and a scheme by whether there is TLS', () => {
  const { prefix, callTimeoutMs, tls } = settle({});
  assert.deepEqual([prefix, callTimeoutMs, tls], ['/watchbill/', 5_000, null]);
  assert.deepEqual(originsOf({ endpoints: ['a:2379', 'http://b:2379'] }), ['http://a:2379', 'http://b:2379']);
  const certified = { cert: 'x', key: 'y' };
  assert.deepEqual(originsOf({ tls: certified }), ['https://a:2379']);
  assert.deepEqual(settle({ tls: certified }).tls, certified);
});

describe('an option that is refused is named with its remedy, and without a password', () => {
  const more = 'give user and password by `auth`';
  const form = 'write it as host:2379 or https://host:2379';
  const cases: readonly [Change, RegExp, string][] = [
    [
      { endpoints: [] },
      /^the list of etcd endpoints is empty$/,
      'name at least one member of etcd, for example https://10.0.0.1:2379',
    ],
    [{ endpoints: ['a:1', 'http://a:1'] }, /named twice$/, 'name each member once'],
    [{ endpoints: ['ftp://me:secret@a:1'] }, /^"ftp:..…@a:1" is not an endpoint of etcd$/, form],
    [{ endpoints: ['http://['] }, /is not an endpoint of etcd$/, form],
    [{ endpoints: ['http://me@a:1'] }, /a:1 holds more than host and port$/, more],
    [{ endpoints: ['http://:secret@a:1'] }, /holds more than host and port$/, more],
    [{ endpoints: ['http://a:1/v3'] }, /holds more than host and port$/, more],
    [{ endpoints: ['http://a:1/?x=1'] }, /holds more than host and port$/, more],
    [{ endpoints: ['http://a:1#x'] }, /a:1 holds more than host and port$/, more],
    [
      { endpoints: ['http://a:1'], tls: {} },
      /is http, but TLS is configured$/,
      'write https, or remove `tls`',
    ],
    [{ tls: { cert: 'x' } }, /needs both cert and key$/, 'give both or neither'],
    [{ tls: { key: 'x' } }, /needs both cert and key$/, 'give both or neither'],
  ];
  for (const [change, message, remedy] of cases)
    test(JSON.stringify(change).replace('secret', '…'), () => {
      const fault = faultOf(() => settle(change));
      assert.ok(fault instanceof StoreFault);
      assert.deepEqual([fault.code, fault.remedy], ['refused', remedy]);
      assert.match(fault.message, message);
      assert.doesNotMatch(fault.message, /secret/);
    });

  test('in the words of PD', () => {
    const [empty, user, half] = [
      { endpoints: [] },
      { endpoints: ['http://me:secret@a:1'] },
      { tls: { cert: 'pem' } },
    ].map((change) => faultOf(() => settle(change, PD)));
    assert.match(`${empty}`, /the list of PD endpoints/);
    assert.ok(user instanceof StoreFault);
    assert.equal(user.remedy, 'PD has no users; name host and port');
    assert.match(`${half}`, /the TiKV client certificate needs both/);
  });
});

/** Characters that belong escaped in an address, and end a password early where they are not. */
const UNESCAPED = ['', '@', '/', '?', '#', ':', '@/', '/@', '\\', '%', ' ', '@a@', '/a/@'];
const ADDRESSES = (password: string): readonly string[] =>
  ['', 'http://', 'https://', 'ftp://'].flatMap((scheme) => [
    `${scheme}admin:${password}@store.example:2379`,
    `${scheme}${password}@store.example`,
    `${scheme}:${password}@store.example:2379/path?token=omega#omega`,
  ]);

for (const character of UNESCAPED)
  for (const [first, second] of [
    ['alpha', 'omega'],
    ['4711', 'omega'],
  ])
    test(`an address with a password is refused, and no part of the password is shown: ${first}${character}${second}`, () => {
      for (const address of ADDRESSES(`${first}${character}${second}`)) {
        const fault = faultOf(() => settle({ endpoints: [address] }));
        assert.ok(fault instanceof StoreFault, `${address} is taken`);
        assert.doesNotMatch(`${fault.message} ${fault.remedy}`, /alpha|omega|4711/, address);
        assert.match(fault.message, /store\.example/, 'the host is named');
      }
    });

test('a refused address without a password is shown as it is written', () => {
  const fault = faultOf(() => settle({ endpoints: ['ftp://store.example'] }));
  assert.ok(fault instanceof StoreFault);
  assert.match(fault.message, /"ftp:\/\/store\.example"/);
});

function faultOf(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}
