import { etcdName, type FleetService } from '../normalise/service.ts';
import type { SecretEntry, SecretUse } from './needs.ts';

/** Entries of a certificate in a cluster: those of a Secret of type `kubernetes.io/tls`. */
const IN_CLUSTER = { cert: 'tls.crt', key: 'tls.key', ca: 'ca.crt' } as const;
/** On a machine an entry has no dot: `NETWORK.SECRET.ENTRY` is the name of its credential. */
const ON_MACHINE = { cert: 'cert', key: 'key', ca: 'ca' } as const;

/**
 * The entries that the services and their etcd need: once for a cluster, and on each machine. `node` is the
 * StatefulSet or the member.
 */
export function secretsOfService({ name, target, members, settings }: FleetService): readonly SecretEntry[] {
  const { tls, operator, store } = settings;
  const names = target === 'kubernetes' ? IN_CLUSTER : ON_MACHINE;
  const one = (node: string, place: string) => (secret: string, entry: string, use: SecretUse) => ({
    node,
    place,
    secret,
    entry,
    use,
    scheme: null,
    peerId: null,
  });
  const certificate = (
    make: ReturnType<typeof one>,
    secret: string,
    ca: SecretUse,
  ): readonly SecretEntry[] => [
    make(secret, names.ca, ca),
    make(secret, names.cert, 'certificate'),
    make(secret, names.key, 'private-key'),
  ];
  const ofMember = (node: string, place: string): readonly SecretEntry[] => {
    const make = one(node, place);
    return [
      make(operator, 'token', 'operator-token'),
      ...(store.tls === undefined ? [] : certificate(make, store.tls, 'store-ca')),
      ...(store.password === undefined ? [] : [make(store.password, 'password', 'password')]),
      ...certificate(make, tls, 'ca'),
    ];
  };
  const first = members[0]?.place ?? '';
  if (target === 'machine') return members.flatMap((member) => ofMember(member.name, member.place));
  const { etcd } = store;
  return [
    ...ofMember(name, first),
    ...(etcd === undefined ? [] : certificate(one(etcdName(name), first), etcd.tls, 'store-ca')),
  ];
}
