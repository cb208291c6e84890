import assert from 'node:assert/strict';
import { test } from 'node:test';
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
    [{ endpoints: ['ftp://a'] }, /is not an etcd endpoint/],
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
