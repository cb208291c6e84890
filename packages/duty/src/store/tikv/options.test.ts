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

test('a mistake in the addresses is refused in the words of PD, and no password is repeated', () => {
  const cases: readonly [Partial<TikvOptions>, RegExp, string][] = [
    [
      { endpoints: [] },
      /^the list of PD endpoints/,
      'name at least one member of PD, for example https://10.0.0.1:2379',
    ],
    [
      { endpoints: ['ftp://me:secret@a:1'] },
      /^"ftp:..…@a:1" is not an endpoint of PD$/,
      'write it as host:2379 or https://host:2379',
    ],
    [
      { endpoints: ['http://me:secret@a:1'] },
      /more than host and port/,
      'PD has no users; name host and port',
    ],
    [{ tls: { cert: 'pem' } }, /^the TiKV client certificate needs both/, 'give both or neither'],
  ];
  for (const [change, message, remedy] of cases) {
    const settle = () => settingsOf({ ...sound, ...change });
    assert.throws(settle, { name: 'StoreFault', code: 'refused', message, remedy });
    assert.throws(settle, (error: Error) => !error.message.includes('secret'));
  }
});
