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

test('what cannot be right is refused, without telling a password', () => {
  const wrong: readonly [Omit<EtcdOptions, 'clock'>, RegExp][] = [
    [{ endpoints: [] }, /list of etcd endpoints is empty/],
    [{ endpoints: ['a:2379', 'http://a:2379'] }, /named twice/],
    [{ endpoints: ['ftp://a'] }, /is not an endpoint of etcd/],
    [{ endpoints: ['http://u:pass@a:2379'] }, /a:2379 holds more than host and port/],
    [{ endpoints: ['ftp://u:pass@a:2379'] }, /"ftp:\/\/…@a:2379"/],
    [{ endpoints: ['http://a:2379'], tls: { ca: 'x' } }, /http, but TLS/],
    [{ endpoints: ['a:2379'], tls: { cert: 'x' } }, /both cert and key/],
    [{ endpoints: ['a:2379'], maxTxnOps: 0 }, /maxTxnOps is 0/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => settingsOf({ ...options, clock }),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /pass@|u:pass/);
        return true;
      },
    );
  }
});

const settle = (change: Partial<EtcdOptions>) => settingsOf({ endpoints: ['a:2379'], clock, ...change });

describe('an option that is refused names its remedy', () => {
  const more = 'give user and password by `auth`';
  const cases: readonly [string, Partial<EtcdOptions>, string][] = [
    ['no endpoint', { endpoints: [] }, 'name at least one member of etcd, for example https://10.0.0.1:2379'],
    ['an endpoint twice', { endpoints: ['a:1', 'a:1'] }, 'name each member once'],
    ['another scheme', { endpoints: ['ftp://a'] }, 'write it as host:2379 or https://host:2379'],
    ['no address at all', { endpoints: ['http://['] }, 'write it as host:2379 or https://host:2379'],
    ['a user alone', { endpoints: ['http://me@a:1'] }, more],
    ['a password alone', { endpoints: ['http://:secret@a:1'] }, more],
    ['a path', { endpoints: ['http://a:1/v3'] }, more],
    ['a query', { endpoints: ['http://a:1/?x=1'] }, more],
    ['http under TLS', { endpoints: ['http://a:1'], tls: {} }, 'write https, or remove `tls`'],
    ['a certificate without its key', { tls: { cert: 'x' } }, 'give both or neither'],
    ['a key without its certificate', { tls: { key: 'x' } }, 'give both or neither'],
    ['no operation', { maxTxnOps: 0 }, "use the cluster's --max-txn-ops, a whole number above 0"],
    ['half an operation', { maxTxnOps: 1.5 }, "use the cluster's --max-txn-ops, a whole number above 0"],
  ];
  for (const [what, change, remedy] of cases)
    test(what, () => assert.throws(() => settle(change), { name: 'StoreFault', code: 'refused', remedy }));
});

test('the least values, a user and a client certificate are taken', () => {
  const auth = { user: 'me', password: 'secret' };
  const tls = { cert: 'x', key: 'y' };
  const settings = settle({ maxTxnOps: 1, auth, tls });
  assert.deepEqual([settings.maxTxnOps, settings.auth, settings.tls], [1, auth, tls]);
  assert.equal(settle({}).auth, null);
});
