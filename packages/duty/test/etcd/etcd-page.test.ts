// etcd.md, followed on a real cluster with TLS and authentication: three services that serve.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { BOXES, CHECK, settingsOf, startBoxes } from '../support/disasters/three-boxes.ts';

const PAGE = 'docs/duty/how-to/etcd.md';
const [USER, FIRST, OTHERS] = [
  'A user with one prefix',
  'The first service',
  'The second and the third',
] as const;

test(`the commands of ${PAGE} bring three services up`, { timeout: 240_000 }, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6', tls: true });
  context.after(() => cluster.close());
  const certificates = cluster.certificates ?? assert.fail('no certificates');
  const world = await machine('etcd-page', {});
  const { folder } = world;
  const follow = (heading: string, table: readonly Substitution[], env = {}) =>
    followPage(world, PAGE, { table, only: [heading], env, outputs: 'any' });

  for (const name of ['root', 'etcd'])
    writeFileSync(join(folder, `${name}.password`), `the-password-of-${name}\n`, { mode: 0o600 });
  await follow(USER, [], {
    ETCDCTL_ENDPOINTS: cluster.endpoints.join(','),
    ETCDCTL_CACERT: certificates.authority.certFile,
    ETCDCTL_CERT: certificates.client.certFile,
    ETCDCTL_KEY: certificates.client.keyFile,
  });

  const addresses = cluster.endpoints.map((url) => url.replace('https://', ''));
  await follow(FIRST, [
    ['10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379', addresses.join(','), 'free ports'],
    [CHECK, '', 'run below, once the settings of the page are written'],
  ]);
  mkdirSync(join(folder, 'box1/etcd'));
  copyFileSync(certificates.authority.certFile, join(folder, 'box1/etcd/ca.pem'));
  copyFileSync(certificates.client.certFile, join(folder, 'box1/etcd/client.pem'));
  copyFileSync(certificates.client.keyFile, join(folder, 'box1/etcd/client.key'));
  copyFileSync(join(folder, 'etcd.password'), join(folder, 'box1/secrets/etcd.password'));
  const { service, store } = settingsOf(PAGE, 'service');
  await startBoxes(context, world, { service, store: { ...store, endpoints: addresses } });
  const [list = ''] = await follow(OTHERS, []);
  for (const box of BOXES) assert.match(list, new RegExp(`\\b${box}\\b.* serving +yes `), list);
  stamp(PAGE, `etcd ${cluster.version}`);
});
