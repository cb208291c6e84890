import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { ChannelTls } from '../grpc/connection.ts';
import { testAuthority } from '../grpc/testing/certificates.ts';
import { StoreFault } from '../port.ts';
import { openTikvStore } from './store.ts';
import { run, texts, transaction } from './testing/fake-bench.ts';
import { fakeCluster } from './testing/fake-cluster.ts';

const [authority, other] = [await testAuthority('authority'), await testAuthority('other')];
const server = await authority.issue({ cn: 'server', server: true });
const client = await authority.issue({ cn: 'client' });
const stranger = await other.issue({ cn: 'client' });
const clock = systemClock();

async function refusal(endpoints: readonly string[], tls: ChannelTls | null): Promise<StoreFault> {
  const options = { endpoints, clock, callTimeoutMs: 5_000, ...(tls === null ? {} : { tls }) };
  const error = await openTikvStore(options).then(
    () => assert.fail('it opened'),
    (why: unknown) => why,
  );
  assert.ok(error instanceof StoreFault, String(error));
  assert.ok(!error.message.includes('PRIVATE KEY'));
  return error;
}

describe('TLS to PD and the stores alike', { concurrency: true }, () => {
  test('with the authority of both and a client certificate works', async (context) => {
    const cluster = await fakeCluster({ tls: { ...server, ca: authority.cert } });
    context.after(() => cluster.close());
    const tls = { ca: authority.cert, ...client };
    const store = await openTikvStore({ endpoints: cluster.endpoints, clock, tls });
    context.after(() => store.close());
    assert.deepEqual(await run(store, transaction({ a: 'x' }, { a: null })), { outcome: 'applied' });
    assert.deepEqual(await texts(store, ['a']), ['x']);
    assert.equal((await store.health()).ok, true);
  });

  test('says what is wrong with certificates', async (context) => {
    const cluster = await fakeCluster({ tls: { ...server, ca: authority.cert } });
    context.after(() => cluster.close());
    // One of them, so that few handshakes share the second that each attempt has.
    const endpoints = cluster.endpoints.slice(0, 1);
    const faults = await Promise.all([
      refusal(endpoints, { ca: other.cert, ...client }),
      refusal(endpoints, { ca: authority.cert }),
      refusal(endpoints, { ca: authority.cert, ...stranger }),
      refusal(endpoints, null),
    ]);
    assert.match(faults[0].remedy, /configure tls\.ca/);
    assert.match(faults[1].remedy, /tls\.cert and tls\.key/);
    assert.deepEqual([faults[2].code, faults[3].code], ['unavailable', 'unavailable']);
  });

  test('to a PD without TLS is a fault that says so', async (context) => {
    const cluster = await fakeCluster();
    context.after(() => cluster.close());
    const fault = await refusal(cluster.endpoints, { ca: authority.cert });
    assert.match(fault.remedy, /does not use TLS/);
  });
});
