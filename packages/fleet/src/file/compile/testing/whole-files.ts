const SHA256 = 'ab'.repeat(32);
const IMAGE = `docker.io/parity/polkadot@sha256:${SHA256}`;
const WATCHBILL = `registry.example.org/watchbill@sha256:${SHA256}`;
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const TOLERATIONS = [
  { key: 'burst', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'dedicated', operator: 'Equal', value: 'nodes', effect: 'NoExecute', tolerationSeconds: 300 },
];
const TERMS = { matchExpressions: [{ key: 'disk', operator: 'Exists' }] };
const WEIGHTED = { weight: 1, podAffinityTerm: { topologyKey: 'zone' } };

/** A network file as an object. */
export type FileObject = Record<string, unknown>;

const HEAD = {
  format: 'watchbill/network/1',
  name: 'harbour',
  chain: { name: 'westend' },
  clusters: { main: { context: 'one', namespace: 'nodes' } },
  monitoringNamespace: 'watch',
};

const SOFTWARE = { image: IMAGE, imagePullSecrets: ['registry'], command: 'polkadot', sdk: 'stable2509' };

/** Settings that every node in a cluster has. */
const IN_CLUSTER = {
  software: SOFTWARE,
  flags: { 'db-cache': 2048 },
  customFlags: ['--my-flag=1'],
  storage: { chainGiB: 500, class: 'fast', grow: { atUsedPercent: 80, byPercent: 20, maxGiB: 2000 } },
  resources: { cpu: 4, memoryGiB: 16 },
  ports: { p2p: 30_333, rpc: 9944, metrics: 9615 },
  monitoring: { metrics: true, podMonitor: true },
  placement: {
    nodeSelector: { pool: 'nodes' },
    spread: 'zone',
    tolerations: TOLERATIONS,
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [TERMS] } },
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [WEIGHTED] },
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [WEIGHTED] },
    },
    priorityClassName: 'nodes',
  },
  environment: { RUST_BACKTRACE: '1' },
  annotations: { 'example.org/owner': 'staking' },
  labels: { team: 'staking' },
  runAs: { user: 1000, group: 1000 },
  startup: { periodSeconds: 10, failureThreshold: 360 },
};
const ON_MACHINE = {
  software: {
    binary: { source: 'https://example.org/polkadot', sha256: SHA256 },
    companions: { worker: { source: 'https://example.org/worker', sha256: SHA256 } },
    command: 'polkadot',
    sdk: 'stable2509',
  },
  flags: { 'db-cache': 2048 },
  customFlags: ['--my-flag=1'],
  resources: { cpu: 4, memoryGiB: 16 },
  ports: { p2p: 30_333, rpc: 9944, metrics: 9615 },
  monitoring: { metrics: true },
  environment: { RUST_BACKTRACE: '1' },
};
const SIGNER = {
  role: 'validator',
  count: 1,
  keys: {
    session: { source: 'secret', secret: '{node}-keys', set: '{node}-stash', types: { babe: 'sr25519' } },
    node: { source: 'secret', secret: '{node}-id', peerId: PEER },
  },
};
const MACHINES = { iron: { host: '192.0.2.7', port: 22, user: 'root' } };
const WITHOUT_CLUSTERS = { clusters: undefined, monitoringNamespace: undefined };
const RELAY_PORTS = { relayP2p: 31_333, relayRpc: 10_944, relayMetrics: 10_615 };
const PARACHAIN = {
  chain: {
    spec: { url: 'https://example.org/chain.json', sha256: SHA256 },
    relay: { spec: { url: 'https://example.org/relay.json', sha256: SHA256 } },
    parachains: { assets: { spec: { url: 'https://example.org/assets.json', sha256: SHA256 } } },
  },
  toolsImage: `docker.io/library/busybox@sha256:${SHA256}`,
};

/** A machine has the file of a chain already; pods fetch it by its URL. */
const SPEC = {
  file: 'chain.json',
  sha256: '23f14ef694464bc127823a14fda134f4331790dabd3f3f3e508a315f880eee76',
};
const FILES_OF_CHAINS = { spec: SPEC, relay: { name: 'paseo' } };

const onePool = (pool: object, more: object = {}, second?: object): FileObject => ({
  ...HEAD,
  pools: { p: pool, q: second },
  ...more,
});

const STORE = {
  endpoints: ['https://192.0.2.5:2379'],
  prefix: '/watchbill/',
  tls: 'watch-etcd',
  user: 'watch',
  password: 'watch-password',
};
const SERVICE = {
  name: 'watch',
  places: ['main'],
  image: WATCHBILL,
  imagePullSecrets: ['registry'],
  command: 'watchbill',
  port: 8450,
  tls: 'watch-tls',
  operator: 'watch-operator',
  store: STORE,
  storage: { sizeGiB: 10, class: 'fast' },
  resources: { cpu: 0.5, memoryGiB: 1 },
  placement: {
    nodeSelector: { pool: 'services' },
    spread: 'prefer',
    tolerations: TOLERATIONS,
    priorityClassName: 'services',
  },
};
const ETCD = { image: IMAGE, command: 'etcd', tls: 'etcd-tls', sizeGiB: 20, class: 'fast' };
const SERVED = {
  ...SIGNER,
  software: SOFTWARE,
  duty: { service: 'watch', secret: '{node}-duty', ca: true, node: '{node}' },
};

const INFRASTRUCTURE = {
  provider: 'gcp',
  region: 'europe-west3',
  zone: 'europe-west3-b',
  project: 'nodes-1',
  machineType: 'n2-standard-8',
  jumpMachineType: 'e2-small',
  jumpImage: 'debian-cloud/debian-12',
  workers: 3,
  cidr: '10.20.0.0/16',
  adminCidrs: ['192.0.2.0/24'],
  sshPublicKey: 'ssh-ed25519 AAAAC3Nz admin',
  wireguard: [{ name: 'anna', publicKey: `${'A'.repeat(43)}=`, address: '10.20.255.2/32' }],
  wireguardPort: 51_820,
};

/** Network files that have every field between them, in each setting in which it means something. */
export const WHOLE_FILES: Readonly<Record<string, FileObject>> = {
  'signers in a cluster': onePool(
    {
      ...SIGNER,
      ...IN_CLUSTER,
      storage: { ...IN_CLUSTER.storage, keystoreMiB: 64 },
      duty: { services: ['https://duty.example.org:8450'], secret: '{node}-duty', ca: true, node: '{node}' },
    },
    {
      clusters: {
        main: {
          context: 'one',
          namespace: 'nodes',
          admissionPolicy: true,
          closedRanges: ['10.0.0.0/8'],
          egress: { peerPorts: [30_333], places: [{ range: '203.0.113.7/32', ports: [443] }] },
          infrastructure: INFRASTRUCTURE,
        },
      },
    },
  ),
  'collators in a cluster': onePool(
    {
      ...{ role: 'collator', place: 'main', runs: 'assets' },
      software: SOFTWARE,
      relayFlags: { 'db-cache': 1024 },
      storage: { relayGiB: 300 },
      ports: RELAY_PORTS,
    },
    PARACHAIN,
    { role: 'rpc', software: SOFTWARE, layout: 'one-set' },
  ),
  'nodes behind a Gateway': onePool({
    role: 'rpc',
    software: SOFTWARE,
    storage: { grow: { atUsedPercent: 80, byGiB: 100, maxGiB: 2000 } },
    pruning: 256,
    layout: 'one-set',
    exposure: {
      rpc: 'gateway',
      gateway: { name: 'public', namespace: 'gateways', hostnames: ['rpc.example.org'] },
    },
    autoscale: { by: 'connections', min: 2, max: 8, target: 70, prometheus: 'http://prometheus.watch:9090' },
    extraContainers: [
      {
        name: 'logs',
        image: IMAGE,
        command: ['/bin/shipper'],
        args: ['--from'],
        environment: { LEVEL: 'info' },
        volumes: ['tmp'],
        cpu: 0.1,
        memoryGiB: 0.25,
      },
    ],
  }),
  'nodes under load': onePool({
    role: 'rpc',
    software: SOFTWARE,
    exposure: { rpc: 'cluster' },
    monitoring: { metrics: true },
    autoscale: { by: 'cpu', min: 2, max: 8, target: 70 },
  }),
  'boot nodes': onePool({
    role: 'boot',
    software: SOFTWARE,
    keys: { node: { source: 'secret', secret: '{node}', peerId: PEER } },
    exposure: { p2p: 'node-port', nodePort: 30_333, address: '/dns/{node}.example.org/tcp/30333' },
  }),
  'signers on machines': onePool(
    {
      ...SIGNER,
      ...ON_MACHINE,
      keys: { session: SIGNER.keys.session },
      place: 'iron',
      duty: { services: ['https://duty.example.org:8450'], secret: '{node}-duty', ca: true, node: '{node}' },
    },
    { ...WITHOUT_CLUSTERS, machines: MACHINES },
  ),
  'collators on machines': onePool(
    {
      ...{ role: 'collator', runs: 'chain' },
      software: ON_MACHINE.software,
      relayFlags: { 'db-cache': 1024 },
      ports: RELAY_PORTS,
    },
    { ...WITHOUT_CLUSTERS, chain: FILES_OF_CHAINS, machines: MACHINES },
  ),
  'nodes on machines': onePool(
    {
      role: 'rpc',
      software: ON_MACHINE.software,
      pruning: 256,
      exposure: { address: '/dns/a.example.org/tcp/30333' },
    },
    { ...WITHOUT_CLUSTERS, machines: MACHINES },
  ),
  'a service in a cluster': onePool(SERVED, { service: SERVICE }),
  'a service with its etcd': onePool(SERVED, {
    service: { ...SERVICE, store: { etcd: ETCD, prefix: '/watchbill/', tls: 'watch-etcd' } },
  }),
  'two places': {
    ...HEAD,
    clusters: { main: { context: 'one' }, west: { context: 'two' } },
    chain: { spec: SPEC },
    preset: 'solo-chain',
    defaults: { software: SOFTWARE },
    pools: {
      validators: { place: 'main' },
      boot: {
        role: 'boot',
        place: 'main',
        keys: { node: { source: 'secret', secret: '{node}', peerId: PEER } },
        exposure: { p2p: 'load-balancer', address: '/dns/boot.example.org/tcp/30333' },
      },
      rpc: { role: 'rpc', places: { main: 2, west: 1 } },
    },
    patches: [
      {
        kind: 'StatefulSet',
        name: 'validators-main-0',
        place: 'main',
        patch: { metadata: { labels: { a: 'b' } } },
      },
      { kind: 'Service', pool: 'rpc', place: 'main', patch: { metadata: { labels: { a: 'b' } } } },
    ],
  },
  'work of every day': onePool(
    { ...SIGNER, software: SOFTWARE },
    {
      clusters: {
        main: { infrastructure: { ...INFRASTRUCTURE, zone: undefined, project: undefined, wireguard: [] } },
      },
      rollout: {
        stages: [1, '50%', '100%'],
        soakSeconds: 60,
        gateSeconds: 900,
        maxUnavailable: 1,
        gates: {
          inSync: { mostBlocksBehind: 5 },
          finalityLag: { mostBlocks: 20 },
          peers: { least: 1 },
          rpcErrors: { mostPercent: 5, leastCalls: 20 },
          authorship: { least: 1 },
        },
      },
    },
  ),
  'work in clusters': onePool(
    { role: 'backup', software: SOFTWARE, storage: { grow: IN_CLUSTER.storage.grow } },
    {
      jobs: {
        image: WATCHBILL,
        command: 'watchbill',
        backup: { schedule: '0 3 * * *', minutes: 120 },
        growth: { schedule: '15 * * * *', minutes: 10, prometheus: 'http://prometheus.watch:9090' },
      },
    },
  ),
  backups: onePool(
    { role: 'backup', software: SOFTWARE },
    {
      backup: {
        schedule: '*-*-* 03:00:00',
        archive: { address: 'rclone:s3:bucket/backups', rcloneConfig: '/etc/rclone.conf', atOnce: 4 },
        keep: { last: 7, days: 30 },
        volumeSnapshotClass: 'fast',
      },
      upgradeAt: { block: 22_000_000 },
    },
  ),
  'backups with restic': onePool(
    { role: 'backup', software: ON_MACHINE.software },
    {
      ...WITHOUT_CLUSTERS,
      machines: MACHINES,
      backup: {
        archive: {
          address: 'restic:',
          repositoryFile: '/etc/restic/repository',
          passwordFile: '/etc/restic/password',
        },
      },
      upgradeAt: { spec: 1_003_000 },
    },
  ),
  'an upgrade at a time': onePool(
    { role: 'rpc', software: SOFTWARE },
    { upgradeAt: { time: '2026-12-01T09:00:00Z' } },
  ),
};
