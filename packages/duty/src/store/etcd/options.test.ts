import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { type EtcdOptions, settingsOf } from './options.ts';

const clock = createVirtualClock();

test('defaults are filled in, and the scheme follows TLS', () => {
  const plain = settingsOf({ endpoints: ['a:2379', 'http://b:2379'], clock });
  assert.deepEqual(
    plain.endpoints.map((url) => url.origin),
    ['http://a:2379', 'http://b:2379'],
  );
  assert.deepEqual([plain.prefix, plain.callTimeoutMs, plain.maxTxnOps], ['/watchbill/', 5_000, 128]);
  assert.equal(
    settingsOf({ endpoints: ['a:2379'], tls: { ca: 'x' }, clock }).endpoints[0]?.origin,
    'https://a:2379',
  );
});

const settle = (change: Partial<EtcdOptions>) => settingsOf({ endpoints: ['a:2379'], clock, ...change });

describe('an option that is refused is named with its remedy, and without a password', () => {
  const more = 'give user and password by `auth`';
  const form = 'write it as host:2379 or https://host:2379';
  const operations = "use the cluster's --max-txn-ops, a whole number above 0";
  const cases: readonly [Partial<EtcdOptions>, RegExp, string][] = [
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
    [
      { endpoints: ['http://a:1'], tls: {} },
      /is http, but TLS is configured$/,
      'write https, or remove `tls`',
    ],
    [{ tls: { cert: 'x' } }, /needs both cert and key$/, 'give both or neither'],
    [{ tls: { key: 'x' } }, /needs both cert and key$/, 'give both or neither'],
    [{ maxTxnOps: 0 }, /^maxTxnOps is 0$/, operations],
    [{ maxTxnOps: 1.5 }, /^maxTxnOps is 1.5$/, operations],
  ];
  for (const [change, message, remedy] of cases)
    test(JSON.stringify(change).replace('secret', '…'), () => {
      assert.throws(() => settle(change), { name: 'StoreFault', code: 'refused', message, remedy });
      assert.throws(
        () => settle(change),
        (error: Error) => !error.message.includes('secret'),
      );
    });
});

test('the least values, a user and a client certificate are taken', () => {
  const auth = { user: 'me', password: 'secret' };
  const tls = { cert: 'x', key: 'y' };
  const settings = settle({ maxTxnOps: 1, auth, tls });
  assert.deepEqual([settings.maxTxnOps, settings.auth, settings.tls], [1, auth, tls]);
  assert.equal(settle({}).auth, null);
});
