import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { claimAll, tally } from '@watchbill/testkit/service/race';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { binariesOf } from './binaries.ts';

const UNITS = 40;
/**
 * Of one call to etcd. What is wrong is told at its end: time for a try that a slow moment does not take up.
 */
const STORE_TIMEOUT_MS = 4_000;
const USER = 'watchbill';
const PASSWORD = 'the-secret-word-of-the-store';
const WRONG_PASSWORD = 'another-secret-word-of-the-store';
const options = { timeout: 180_000 };

/** Authentication on, and one user who may read and write below the prefix of all ledgers only. */
async function enableAuth(cluster: EtcdCluster): Promise<void> {
  for (const [user, password] of [
    ['root', 'root-pass'],
    [USER, PASSWORD],
  ] as const) {
    await cluster.etcdctl(['user', 'add', user, '--interactive=false'], { input: `${password}\n` });
  }
  await cluster.etcdctl(['role', 'add', 'claims']);
  await cluster.etcdctl(['role', 'grant-permission', 'claims', '--prefix=true', 'readwrite', '/watchbill/']);
  await cluster.etcdctl(['user', 'grant-role', USER, 'claims']);
  await cluster.etcdctl(['user', 'grant-role', 'root', 'root']);
  await cluster.etcdctl(['auth', 'enable']);
}

for (const binary of binariesOf('debian')) {
  describe(`services over etcd ${binary} with client certificates, user and password`, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({ binary, tls: true });
      await enableAuth(cluster);
    });
    after(() => cluster?.close());

    const certificates = () => {
      assert.ok(cluster.certificates !== null);
      return cluster.certificates;
    };
    const passwordFile = (password: string): string => {
      const file = join(cluster.folder, `password-${password.length}`);
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
      return file;
    };
    const right = () => {
      const { authority, client } = certificates();
      return {
        tls: { caFile: authority.certFile, certFile: client.certFile, keyFile: client.keyFile },
        auth: { user: USER, passwordFile: passwordFile(PASSWORD) },
        timeoutMs: STORE_TIMEOUT_MS,
      };
    };

    test(
      'two services with the right ones: one winner a unit, and no secret in their logs',
      options,
      async (t) => {
        const services = await startEtcdServices(t, { cluster, count: 2, store: right() });
        const nodes = await nodesOfNewKey(services.all, 1);
        const won = await Promise.all(nodes.map((node) => claimAll(node, UNITS)));
        assert.deepEqual(tally(...won), { none: 0, several: 0 });
        for (const service of services.all) assertNoSecret(await service.log());
      },
    );

    const wrong: Readonly<Record<string, { store: () => Record<string, unknown>; says: RegExp }>> = {
      'the authority of somebody else': {
        store: () => ({
          ...right(),
          tls: { ...right().tls, caFile: certificates().otherAuthority.certFile },
        }),
        says: /configure tls\.ca/,
      },
      'no client certificate': {
        store: () => ({ ...right(), tls: { caFile: certificates().authority.certFile } }),
        says: /configure tls\.cert and tls\.key/,
      },
      'a wrong password': {
        store: () => ({ ...right(), auth: { user: USER, passwordFile: passwordFile(WRONG_PASSWORD) } }),
        says: /check user and password/,
      },
    };
    for (const [name, { store, says }] of Object.entries(wrong)) {
      test(`with ${name} serve ends at once and says what to do`, options, async (t) => {
        const ending = await startEtcdServices(t, { cluster, count: 1, store: store() }).then(
          () => assert.fail('it served'),
          (error: unknown) => String(error),
        );
        assert.match(ending, /serve ended with 1:/);
        assert.match(ending, says);
        assert.match(ending, /what to do: /);
        assertNoSecret(ending);
      });
    }

    function assertNoSecret(text: string): void {
      for (const secret of [
        PASSWORD,
        WRONG_PASSWORD,
        'PRIVATE KEY',
        certificates().client.key.split('\n')[1] ?? '',
      ])
        assert.ok(secret !== '' && !text.includes(secret), 'a secret was printed');
    }
  });
}
