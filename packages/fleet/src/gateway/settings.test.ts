import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayShape } from './settings.ts';

const SETTINGS = {
  listen: { port: 0 },
  backends: [{ name: 'one', url: 'ws://127.0.0.1:9944' }],
  tiers: { all: { methods: ['*'], requestsPerSecond: 1, burst: 1 } },
  anonymous: 'all',
};

test('a proxy is an address or a range of addresses', () => {
  const of = (trustedProxies: readonly string[]) => gatewayShape.safeParse({ ...SETTINGS, trustedProxies });
  assert.equal(of(['127.0.0.1', '::1', '10.0.0.0/16', 'fd00::/8']).success, true);
  for (const wrong of ['10.0.0', '10.0.0.0/33', 'proxy.example.org'])
    assert.match(of([wrong]).error?.message ?? '', /an address or a range, for example 10\.0\.0\.7/, wrong);
});
