import { fileText, PROGRAMS, readFixture } from './networks.ts';

const SHA256 = 'ab'.repeat(32);

/** The section `service` in a cluster, with endpoints. */
export const IN_CLUSTER = {
  name: 'watch',
  places: ['main'],
  image: `registry.example.org/watchbill@sha256:${SHA256}`,
  tls: 'watch-tls',
  operator: 'watch-operator',
  store: { endpoints: ['https://192.0.2.5:2379', 'https://192.0.2.6:2379'], tls: 'watch-etcd' },
};

/** On machines. */
export const ON_MACHINES = {
  name: 'watch',
  places: ['iron', 'steel', 'tin'],
  command: '/opt/watchbill/bin/watchbill',
  tls: 'watch-tls',
  operator: 'watch-operator',
  store: { ...IN_CLUSTER.store, user: 'watchbill', password: 'watch-password' },
};

/** With an etcd in the same cluster. */
export const WITH_ETCD = {
  ...IN_CLUSTER,
  store: {
    etcd: { image: `registry.example.org/etcd@sha256:${SHA256}`, tls: 'etcd-tls' },
    tls: 'watch-etcd',
  },
};

/** A network file with a service, and gated validators at `place`; null: no pool. */
export function withService(
  service: object | undefined,
  place: string | null = 'main',
  more: object = {},
): string {
  const validators = {
    role: 'validator',
    place,
    count: 2,
    keys: { session: { source: 'secret', secret: '{node}-keys', types: { babe: 'sr25519' } } },
    duty: { service: 'watch', secret: '{node}-duty', ca: true },
  };
  return fileText({
    clusters: { main: {}, other: { context: 'other' } },
    machines: {
      iron: { host: '192.0.2.11' },
      lead: { host: '192.0.2.14' },
      steel: { host: '192.0.2.12' },
      tin: { host: '2001:db8::13' },
      zinc: { host: '192.0.2.15' },
    },
    defaults: { software: PROGRAMS },
    service,
    ...(place === null ? {} : { pools: { validators } }),
    ...more,
  });
}

/** The graph of such a file. */
export const serviceGraph = (service: object | undefined, place: string | null = 'main', more: object = {}) =>
  readFixture(withService(service, place, more)).graph;
