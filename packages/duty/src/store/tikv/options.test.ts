import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { settingsOf, type TikvOptions } from './options.ts';

const sound: TikvOptions = { endpoints: ['10.0.0.1:2379'], clock: createVirtualClock() };

test('defaults are filled in, and a scheme by whether there is TLS', () => {
  const settings = settingsOf(sound);
  assert.equal(settings.endpoints[0]?.origin, 'http://10.0.0.1:2379');
  assert.deepEqual(
    [settings.prefix, settings.callTimeoutMs, settings.lockTtlMs, settings.watchIntervalMs],
    ['/watchbill/', 5_000, 1_000, 250],
  );
  const secure = settingsOf({ ...sound, tls: { ca: 'pem' } });
  assert.equal(secure.endpoints[0]?.origin, 'https://10.0.0.1:2379');
});

test('what cannot be is refused by name, and no password is repeated', () => {
  const cases: readonly [Partial<TikvOptions>, RegExp][] = [
    [{ endpoints: [] }, /list of PD endpoints is empty/],
    [{ endpoints: ['a:1', 'http://a:1'] }, /twice/],
    [{ endpoints: ['ftp://a:1'] }, /is not an endpoint of PD/],
    [{ endpoints: ['http://me:hunter2@a:1'] }, /more than host and port/],
    [{ endpoints: ['me:hunter2@'] }, /is not an endpoint of PD/],
    [{ endpoints: ['http://a:1'], tls: { ca: 'pem' } }, /TLS is configured/],
    [{ tls: { cert: 'pem' } }, /both cert and key/],
    [{ lockTtlMs: 1 }, /lockTtlMs/],
    [{ lockTtlMs: 100.5 }, /lockTtlMs/],
    [{ watchIntervalMs: 0 }, /watchIntervalMs/],
  ];
  for (const [options, message] of cases) {
    const settle = () => settingsOf({ ...sound, ...options });
    assert.throws(settle, { name: 'StoreFault', code: 'refused', message });
    assert.throws(settle, (error: Error) => !error.message.includes('hunter2'));
  }
});

const clock = createVirtualClock();
const settle = (change: Partial<TikvOptions>) => settingsOf({ endpoints: ['a:2379'], clock, ...change });

describe('an option that is refused names its remedy', () => {
  const more = 'PD has no users; name host and port';
  const lock = 'use 100 to 60000 whole milliseconds';
  const cases: readonly [string, Partial<TikvOptions>, string][] = [
    ['no endpoint', { endpoints: [] }, 'name at least one member of PD, for example https://10.0.0.1:2379'],
    ['an endpoint twice', { endpoints: ['a:1', 'a:1'] }, 'name each member once'],
    ['another scheme', { endpoints: ['ftp://a'] }, 'write it as host:2379 or https://host:2379'],
    ['a user alone', { endpoints: ['http://me@a:1'] }, more],
    ['a password alone', { endpoints: ['http://:secret@a:1'] }, more],
    ['a path', { endpoints: ['http://a:1/pd'] }, more],
    ['a query', { endpoints: ['http://a:1/?x=1'] }, more],
    ['http under TLS', { endpoints: ['http://a:1'], tls: {} }, 'write https, or remove `tls`'],
    ['a certificate without its key', { tls: { cert: 'x' } }, 'give both or neither'],
    ['a key without its certificate', { tls: { key: 'x' } }, 'give both or neither'],
    ['a lock too short', { lockTtlMs: 99 }, lock],
    ['a lock too long', { lockTtlMs: 60_001 }, lock],
    ['a watch too often', { watchIntervalMs: 9 }, 'use 10 or more'],
  ];
  for (const [what, change, remedy] of cases)
    test(what, () => assert.throws(() => settle(change), { name: 'StoreFault', code: 'refused', remedy }));
});

test('a password in an address that is refused is not shown', () => {
  assert.throws(() => settle({ endpoints: ['ftp://me:secret@a:1'] }), {
    message: '"ftp://…@a:1" is not an endpoint of PD',
  });
});

test('the least and the greatest values, several members and a client certificate are taken', () => {
  const tls = { cert: 'x', key: 'y' };
  assert.deepEqual(settle({ tls }).tls, tls);
  assert.equal(settle({ endpoints: ['a:1', 'b:1'] }).endpoints.length, 2);
  for (const lockTtlMs of [100, 60_000]) assert.equal(settle({ lockTtlMs }).lockTtlMs, lockTtlMs);
  assert.equal(settle({ watchIntervalMs: 10 }).watchIntervalMs, 10);
});
