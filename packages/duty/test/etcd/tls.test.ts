import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Store, StoreFault } from '@watchbill/duty/store';
import { type EtcdOptions, openEtcdStore } from '@watchbill/duty/store/etcd';
import { expectFault } from '@watchbill/duty/store/testing/conformance';
import { systemClock } from '@watchbill/kit';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { binariesOf, ELECTION_MS } from './binaries.ts';

/** Each refusal takes so long: all members are asked again until then. */
const CALL_TIMEOUT_MS = 3_000;
const GOOD_CALL_TIMEOUT_MS = 20_000;

for (const binary of binariesOf('v3.6')) {
  describe(`etcd ${binary} with client certificates`, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({ binary, tls: true, electionMs: ELECTION_MS });
    });
    after(() => cluster?.close());

    const open = (
      tls: EtcdOptions['tls'],
      endpoints = cluster.endpoints,
      callTimeoutMs = CALL_TIMEOUT_MS,
    ): Promise<Store> =>
      openEtcdStore({
        endpoints,
        clock: systemClock(),
        callTimeoutMs,
        ...(tls === undefined ? {} : { tls }),
      });
    const certificates = () => {
      const made = cluster.certificates;
      assert.ok(made !== null);
      return made;
    };
    /** What opening ends with: a fault that names an endpoint and holds no key. */
    const refusal = async (opening: Promise<Store>): Promise<StoreFault> => {
      const fault = await expectFault(opening, 'unavailable');
      assert.match(fault.message, /etcd at 127\.0\.0\.1:\d+/);
      assert.doesNotMatch(`${fault.message} ${fault.remedy}`, /PRIVATE KEY/);
      return fault;
    };

    test('the right certificates work, with and without the scheme in the address', async () => {
      const { authority, client } = certificates();
      const tls = { ca: authority.cert, cert: client.cert, key: client.key };
      const bare = cluster.endpoints.map((endpoint) => endpoint.replace('https://', ''));
      for (const endpoints of [cluster.endpoints, bare]) {
        const store = await open(tls, endpoints, GOOD_CALL_TIMEOUT_MS);
        const [result] = await store.transact([
          { compares: [], writes: [{ key: 'a', value: Buffer.from('1') }] },
        ]);
        assert.deepEqual(result, { outcome: 'applied' });
        assert.equal((await store.health()).ok, true);
        await store.close();
      }
    });

    test('an authority that did not sign the members is refused, and the error says so', async () => {
      const { otherAuthority, client } = certificates();
      const tls = { ca: otherAuthority.cert, cert: client.cert, key: client.key };
      assert.match((await refusal(open(tls))).remedy, /configure tls\.ca/);
    });

    test('no client certificate, or one of a stranger: the error says what the members want', async () => {
      const { authority, stranger } = certificates();
      const unwelcome = { ca: authority.cert, cert: stranger.cert, key: stranger.key };
      for (const tls of [{ ca: authority.cert }, unwelcome]) {
        assert.match((await refusal(open(tls))).remedy, /configure tls\.cert and tls\.key/);
      }
    });

    test('plain http to members with TLS, and https to one without, end with a fault', async () => {
      const plain = cluster.endpoints.map((endpoint) => endpoint.replace('https:', 'http:'));
      await refusal(open(undefined, plain));
      const other = await startEtcdCluster({ binary, members: 1 });
      try {
        const wrong = other.endpoints.map((endpoint) => endpoint.replace('http:', 'https:'));
        await refusal(open({ ca: certificates().authority.cert }, wrong));
      } finally {
        await other.close();
      }
    });
  });
}
