import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayShape } from './settings.ts';

const SETTINGS = {
  listen: { port: 0 },
  backends: [{ name: 'one', url: 'ws://127.0.0.1:9944' }],
  tiers: { all: { methods: ['*'], requestsPerSecond: 1, burst: 1 } },
  anonymous: 'all',
};

test('settings of earlier versions that name HAProxy say what to do', () => {
  assert.equal(gatewayShape.safeParse(SETTINGS).success, true);
  const { error } = gatewayShape.safeParse({ ...SETTINGS, front: {} });
  assert.deepEqual(
    error?.issues.map(({ path }) => path),
    [['front']],
  );
  assert.match(error?.issues[0]?.message ?? '', /remove `front`.*how-to\/gateway-proxy/);
});
