/** The rules that every graph must keep, for any author. Codes are stable. */
export const INVARIANTS = {
  'two-signers': 'a set of session keys has at most one signer',
  'signer-runs-once': 'a signer is one pod or one unit: no second replica, no surge, no scaler',
  'unsafe-rpc':
    'unsafe RPC methods, and the RPC of a signer, can be reached only from within the pod or host',
  'open-network':
    'pods are closed by default: only the p2p ports are open to everyone, and the credentials of a cloud are unreachable',
  'seed-shared': 'a secret with keys is reached by one pod or one unit, and is not part of an applied object',
  'user-shared':
    'a unit runs as a separate user and group, which is not root: otherwise it could read the keys of another unit, and stop it',
  'keys-made': 'no applied object makes, changes or removes existing keys',
  'keys-mounted': 'only a signer and its own steps mount the volumes with its keys, and one pod at a time',
  'marks-kept': 'every object keeps the marks of its network, and a signer the mark of its keys',
  'one-by-one':
    'the signers of a pool are changed one after the other, each after the one before it is healthy',
  'service-quorum':
    'a permission service and its etcd are three; at most one of them is changed or evicted at a time, and each keeps its volume',
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** A resource that breaks an invariant. */
export interface Breach {
  readonly invariant: Invariant;
  readonly resourceId: string;
  readonly what: string;
}
