import { dirname } from 'node:path';
import { after, test } from 'node:test';
import { type EtcdBinary, type EtcdCluster, findEtcd, startEtcdCluster } from '@watchbill/testkit';
import { type FollowOptions, followPage } from '@watchbill/testkit/pages/follow';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld, type World } from '@watchbill/testkit/pages/world';
import { etcdTable, etcdUnits } from '../support/disasters/etcd.ts';
import { AHEAD, recoverAll, SKEW_MS } from '../support/disasters/store-restored.ts';
import { BINARIES } from './binaries.ts';

const PAGE = 'docs/duty/how-to/recover/lost-quorum.md';
const BOXES = ['box1', 'box2'];
const OTHER_STORE = 'On TiKV: PD lost its quorum';
const options = { timeout: 300_000 };

async function start(
  binary: EtcdBinary,
): Promise<{ cluster: EtcdCluster; world: World; follow: FollowOptions }> {
  const found = findEtcd(binary);
  if (!found.found) throw new Error(found.why);
  const cluster = await startEtcdCluster({ binary });
  after(() => cluster.close());
  const world = await startWorld('lost-quorum', {
    boxes: BOXES,
    store: { kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' },
    units: etcdUnits(cluster),
    skewMs: SKEW_MS,
  });
  const old = [['etcdutl', 'etcdctl', 'etcd 3.4 has no etcdutl']] as const;
  const follow = {
    table: [...etcdTable(cluster), ...(found.etcdutl === null ? old : [])],
    env: { PATH: `${world.folder}/.bin:${dirname(found.etcd)}:${world.env.PATH}`, ETCDCTL_API: '3' },
  };
  return { cluster, world, follow };
}

async function loseTwo(cluster: EtcdCluster): Promise<void> {
  for (const member of cluster.members.slice(1)) {
    await member.kill();
    member.wipe();
  }
}

for (const binary of BINARIES)
  test(
    `etcd ${binary}: the commands of ${PAGE} start a store again from one member of three`,
    options,
    async () => {
      const { cluster, world, follow } = await start(binary);
      for (const box of BOXES) await world.grant(box);
      await loseTwo(cluster);
      await followPage(world, PAGE, { ...follow, leftOut: [OTHER_STORE] });
      await world.neverTwice();
      for (const box of BOXES) await world.grant(box, AHEAD);
      await world.neverTwice();
      const versions = BINARIES.map((one) => findEtcd(one)).map((one) => (one.found ? one.version : '?'));
      stamp(PAGE, `etcd ${versions.join(' and ')}`);
    },
  );

test(
  'the member that is left lacks grants: the services are behind, and a recovery follows',
  options,
  async () => {
    const { cluster, world, follow } = await start('v3.6');
    for (const box of BOXES) await world.grant(box);
    const [left] = cluster.members;
    // Not paused: its sockets would hand it the grants when it goes on.
    await left?.kill();
    for (const box of BOXES) await world.grant(box, AHEAD);
    await loseTwo(cluster);
    await followPage(world, PAGE, { ...follow, outputs: 'any', leftOut: [OTHER_STORE, 'Check at the end'] });
    await recoverAll(world, BOXES, { table: [], outputs: 'any' });
  },
);
