// docs/how-to/etcd.md, followed on a real cluster with TLS and authentication: three services that serve.

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { parse, stringify } from 'yaml';
import { ROOT } from '../docs/page-run.ts';
import { stamp } from '../docs/stamp.ts';
import { followPage, type Substitution } from '../support/disasters/follow.ts';
import { machine, until } from '../support/disasters/world.ts';
import { freePort } from '../support/service-process.ts';

const PAGE = 'docs/how-to/etcd.md';
const [USER, FIRST, OTHERS] = [
  'A user with one prefix',
  'The first service',
  'The second and the third',
] as const;
const CHECK = 'watchbill config check --config box1/watchbill.yaml\n';

type Settings = Readonly<Record<string, unknown>>;

/** The settings of the page for `box1`. */
function pageSettings(): { readonly service: Settings; readonly store: Settings } {
  const [, yaml = ''] = /```yaml\n(service:\n[^`]*)```/.exec(readFileSync(join(ROOT, PAGE), 'utf8')) ?? [];
  return parse(yaml);
}

test(`the commands of ${PAGE} bring three services up`, { timeout: 240_000 }, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6', tls: true });
  context.after(() => cluster.close());
  const certificates = cluster.certificates ?? assert.fail('no certificates');
  const world = await machine('etcd-page', {});
  const { folder, shell } = world;
  const follow = (heading: string, table: readonly Substitution[], env = {}) => {
    const leftOut = [USER, FIRST, OTHERS].filter((one) => one !== heading);
    return followPage(world, PAGE, { table, leftOut, env, outputs: 'any' });
  };

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
  const { service, store } = pageSettings();
  const made = parse(readFileSync(join(folder, 'box1/watchbill.yaml'), 'utf8')) as Settings;
  const boxes = ['box1', 'box2', 'box3'];
  for (const box of boxes) {
    const port = await freePort();
    world.ports.set(box, port);
    if (box !== 'box1')
      for (const part of ['tls', 'secrets', 'etcd'])
        cpSync(join(folder, 'box1', part), join(folder, box, part), { recursive: true });
    const url = `https://127.0.0.1:${port}`;
    const settings = {
      ...made,
      service: { ...service, name: box, url, listen: { host: '127.0.0.1', port } },
      store: { ...store, endpoints: addresses },
    };
    writeFileSync(join(folder, box, 'watchbill.yaml'), stringify(settings));
  }
  await shell(CHECK);
  const ready = (box: string): Promise<void> =>
    until(`${box} serves`, async () =>
      (await shell(`watchbill status --config ${box}/watchbill.yaml`)).includes('ready, serving'),
    );
  await shell('systemctl start watchbill@box1');
  await ready('box1');
  for (const box of boxes.slice(1)) {
    await shell(
      `cd ${box}; watchbill serve --new-ledger > ../${box}.log 2>&1 < /dev/null & echo $! > ../${box}.pid`,
    );
    context.after(() => process.kill(Number(readFileSync(join(folder, `${box}.pid`), 'utf8')), 'SIGKILL'));
    await ready(box);
  }
  const [list = ''] = await follow(OTHERS, []);
  for (const box of boxes) assert.match(list, new RegExp(`\\b${box}\\b.* serving +yes `), list);
  stamp(PAGE, `etcd ${cluster.version}`);
});
