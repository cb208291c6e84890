import assert from 'node:assert/strict';
import { test } from 'node:test';
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
    [{ endpoints: ['ftp://a:1'] }, /is not a PD endpoint/],
    [{ endpoints: ['http://me:hunter2@a:1'] }, /more than host and port/],
    [{ endpoints: ['me:hunter2@'] }, /is not a PD endpoint/],
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
