import type { IPersistentVolumeClaim, IVolume, IVolumeMount } from 'kubernetes-models/v1';
import { forNode, signs } from '../../normalise/network.ts';
import type { SpecSource } from './network-wide.ts';
import { MOUNTS, type PodInput } from './pod-input.ts';

/** The mounts of the node's container. Seeds are not among them. */
export function mounts({ node, spec, relaySpec }: PodInput): IVolumeMount[] {
  const { duty, keys } = node.settings;
  const { session, node: nodeKey } = keys;
  const readOnly = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
  return [
    { name: 'data', mountPath: MOUNTS.data },
    ...(relaySpec === null ? [] : [{ name: 'relay', mountPath: MOUNTS.relay }]),
    ...(signs(node.role) ? [{ name: 'keys', mountPath: MOUNTS.keys }] : []),
    ...(session.source === 'secret' ? [{ name: 'keystore', mountPath: MOUNTS.memory }] : []),
    ...(nodeKey.source === 'secret' ? [readOnly('node-key', MOUNTS.nodeKey)] : []),
    ...(duty === null ? [] : [readOnly('duty', MOUNTS.duty)]),
    ...(spec.from === 'name' ? [] : [readOnly('spec', MOUNTS.spec)]),
    ...(relaySpec === null || relaySpec.from === 'name' ? [] : [readOnly('relay-spec', MOUNTS.relaySpec)]),
    { name: 'tmp', mountPath: MOUNTS.temporary },
  ];
}

/** Volumes that a pod brings; those that stay are in its claims. */
export function podVolumes({ node, spec, relaySpec }: PodInput): IVolume[] {
  const { duty, keys } = node.settings;
  const { session, node: nodeKey } = keys;
  const secret = (name: string, secretName: string): IVolume => ({
    name,
    secret: { secretName, defaultMode: 0o440 },
  });
  return [
    ...(session.source === 'secret'
      ? [
          { name: 'keystore', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
          secret('seeds', forNode(session.secret ?? '', node.name)),
        ]
      : []),
    ...(nodeKey.source === 'secret' ? [secret('node-key', forNode(nodeKey.secret ?? '', node.name))] : []),
    ...(duty === null ? [] : [secret('duty', forNode(duty.secret, node.name))]),
    ...specVolume('spec', spec),
    ...(relaySpec === null ? [] : specVolume('relay-spec', relaySpec)),
    { name: 'tmp', emptyDir: {} },
  ];
}

function specVolume(name: string, spec: SpecSource): IVolume[] {
  if (spec.from === 'name') return [];
  return [spec.from === 'map' ? { name, configMap: { name: spec.map } } : { name, emptyDir: {} }];
}

/** Volumes that stay with a pod's name: the chain, the relay chain beside it, and the keys of a signer. */
export function volumeClaims({ node, relaySpec }: PodInput): IPersistentVolumeClaim[] {
  const { storage } = node.settings;
  const claim = (
    name: string,
    size: string,
    once: 'ReadWriteOnce' | 'ReadWriteOncePod',
  ): IPersistentVolumeClaim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      // A volume with keys is attached to one pod of the cluster, not merely to one host.
      accessModes: [once],
      ...(storage.class === null ? {} : { storageClassName: storage.class }),
      resources: { requests: { storage: size } },
    },
  });
  return [
    claim('data', `${storage.chainGiB}Gi`, 'ReadWriteOnce'),
    ...(relaySpec === null ? [] : [claim('relay', `${storage.relayGiB}Gi`, 'ReadWriteOnce')]),
    ...(signs(node.role) ? [claim('keys', `${storage.keystoreMiB}Mi`, 'ReadWriteOncePod')] : []),
  ];
}
