// Real nodes report to the local telemetry server, and the client of nominate hears of them.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { seen, server, TIMEOUT, untilOffline, untilOnline, watch } from './telemetry-setup.ts';

/**
 * A node waits 10 to 20 seconds before it comes back to a telemetry server that was lost; longer where the
 * machine is far too busy.
 */
const BACK_TIMEOUT_MS = 120_000;

async function twoNodes(context: TestContext, submitUrl: string) {
  const folder = temporaryFolder(context);
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('2', folder),
    nodes: [
      { name: 'alice', keys: [{ suri: '//Alice' }] },
      { name: 'bob', keys: [{ suri: '//Bob' }] },
    ],
    args: ['--telemetry-url', `${submitUrl} 1`, '--gossip-duration-ms', '500'],
  });
  context.after(() => network.close());
  return { alice: network.node('alice'), bob: network.node('bob') };
}

test('two real nodes report; one is stopped and comes back; the server restarts: each is charged its own time alone', async (context) => {
  const first = await server(context);
  const { alice, bob } = await twoNodes(context, first.submitUrl);
  const telemetry = watch(context, [first], {
    genesisHash: await alice.rpc.call('chain_getBlockHash', [0]),
    rules: { settleMs: BACK_TIMEOUT_MS },
    watched: [
      { key: 'by-name', name: 'alice' },
      { key: 'by-id', name: 'not its name', networkIds: [bob.peerId] },
    ],
  });
  await untilOnline(telemetry, 'by-name');
  await untilOnline(telemetry, 'by-id');
  assert.equal(seen(telemetry, 'by-name')?.matchedBy, 'name');
  assert.equal(seen(telemetry, 'by-id')?.matchedBy, 'network-id');
  assert.equal(seen(telemetry, 'by-id')?.version, await bob.rpc.call('system_version'));

  const asked = Date.now();
  await bob.stop();
  await untilOffline(telemetry, 'by-id');
  const away = seen(telemetry, 'by-id')?.sinceMs ?? 0;
  assert.ok(asked <= away && away <= Date.now(), 'offline from its end on');
  const started = Date.now();
  await bob.start();
  await untilOnline(telemetry, 'by-id');
  const { offline = [], sinceMs = 0 } = seen(telemetry, 'by-id') ?? {};
  assert.deepEqual(offline, [{ fromMs: away, toMs: sinceMs }]);
  assert.ok(started <= sinceMs && sinceMs <= Date.now(), 'online from its return on');
  assert.deepEqual(seen(telemetry, 'by-name')?.offline, []);

  await first.close();
  await waitFor('the loss of the feed', () => telemetry.report().sources[0]?.state === 'down', TIMEOUT);
  const second = await server(context, { port: first.port });
  await waitFor('the client at the new server', () => second.counts().feeds === 1, TIMEOUT);
  assert.deepEqual(
    [seen(telemetry, 'by-name'), seen(telemetry, 'by-id')],
    [null, null],
    'not known, not offline',
  );
  await untilOnline(telemetry, 'by-name', BACK_TIMEOUT_MS);
  await untilOnline(telemetry, 'by-id', BACK_TIMEOUT_MS);
  assert.deepEqual(seen(telemetry, 'by-name')?.offline, [], 'a restart of the server is nobody’s fault');
  assert.deepEqual(seen(telemetry, 'by-id')?.offline, offline);
  assert.deepEqual([second.counts().nodes, second.counts().malformed], [2, 0]);
});
