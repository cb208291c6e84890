import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { transportChecks } from '../conformance.ts';
import { conformanceGroup, conformanceKey } from '../conformance-group.ts';
import { type OpenOnLoopback, onLoopback } from '../fixture-loopback.ts';
import { hostPortFrom } from './address.ts';
import { openMesh } from './mesh.ts';

const open: OpenOnLoopback = async (settings, listen) => {
  const where = listen === null ? { host: '127.0.0.1', port: 0 } : hostPortFrom(listen ?? '');
  const transport = await openMesh({ ...settings, ...(where === null ? {} : { listen: where }) });
  return { transport, address: transport.address, broadcastBytes: transport.broadcastBytes };
};

describe('the WebSocket transport', () => {
  for (const { name, run } of transportChecks) test(name, () => onLoopback(open, run));
});

describe('a WebSocket transport that cannot be opened', () => {
  const keys = [0, 1].map(conformanceKey);
  const settingsOf = (address: string) => ({
    group: conformanceGroup(0, { keys, addressesOf: (seat) => (seat === 1 ? [address] : []) }),
    key: conformanceKey(0),
    events: { arrived: () => {} },
  });

  test('an address that makes no sense is refused, and leaves nothing open', () =>
    assert.rejects(
      openMesh({ ...settingsOf('/ip4/127.0.0.1/tcp/1'), listen: { host: '127.0.0.1', port: 0 } }),
      RangeError,
    ));

  test('a port that is taken is a clear error', async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    const first = await openMesh({ ...settingsOf('127.0.0.1:1'), listen });
    const taken = hostPortFrom(first.address ?? '');
    assert.ok(taken !== null);
    await assert.rejects(openMesh({ ...settingsOf('127.0.0.1:1'), listen: taken }), /cannot listen/);
    await first.close();
  });

  test('the key of another seat is refused', () =>
    assert.rejects(openMesh({ ...settingsOf('127.0.0.1:1'), key: conformanceKey(1) }), RangeError));
});
