import { type FleetNode, forNode, type Network } from '../normalise/network.ts';
import { secretsOfService } from './service.ts';

/** The purpose of an entry of a secret. */
export const SECRET_USES = {
  seed: 'seed of a session key',
  'node-key': 'node key',
  token: 'token for the permission services',
  ca: 'authority of the permission services',
  certificate: 'certificate',
  'private-key': 'private key of the certificate',
  'store-ca': 'authority of etcd',
  password: 'password at etcd',
  'operator-token': 'first operator token',
} as const;
export type SecretUse = keyof typeof SECRET_USES;

/**
 * An entry of a secret that one node or one permission service needs. People and secret stores put it there;
 * applied objects never contain it.
 */
export interface SecretEntry {
  readonly node: string;
  readonly place: string;
  readonly secret: string;
  readonly entry: string;
  readonly use: SecretUse;
  /** Of a seed: `sr25519`, `ed25519` or `ecdsa`. */
  readonly scheme: 'sr25519' | 'ed25519' | 'ecdsa' | null;
  /** Of a node key: the peer id in the file; null if there is none. */
  readonly peerId: string | null;
}

/** The entries that a node needs, by secret and entry. */
export function secretsOfNode({ name, place, settings }: FleetNode): readonly SecretEntry[] {
  const { duty, keys } = settings;
  const one = (
    secret: string,
    entry: string,
    use: SecretUse,
    more: Partial<SecretEntry> = {},
  ): SecretEntry => ({
    node: name,
    place,
    secret: forNode(secret, name),
    entry,
    use,
    scheme: null,
    peerId: null,
    ...more,
  });
  const { session, node: nodeKey } = keys;
  const seeds =
    session.source === 'secret'
      ? Object.entries(session.types).map(([type, scheme]) =>
          one(session.secret ?? '', type, 'seed', { scheme }),
        )
      : [];
  return [
    ...seeds,
    ...(nodeKey.source === 'secret'
      ? [one(nodeKey.secret ?? '', 'key', 'node-key', { peerId: nodeKey.peerId })]
      : []),
    ...(duty === null ? [] : [one(duty.secret, 'token', 'token')]),
    ...(duty?.ca === true ? [one(duty.secret, 'ca', 'ca')] : []),
  ].sort((a, b) => (`${a.secret}.${a.entry}` < `${b.secret}.${b.entry}` ? -1 : 1));
}

/** The entries that all nodes of a network need, in the order of its pools, and those of its service. */
export function secretsOf({ pools, service }: Network): readonly SecretEntry[] {
  const ofNodes = pools.flatMap(({ nodes }) => nodes).flatMap(secretsOfNode);
  return service === null ? ofNodes : [...ofNodes, ...secretsOfService(service)];
}
