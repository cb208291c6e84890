import type { IContainer, IVolumeMount } from 'kubernetes-models/v1';
import { signs } from '../../normalise/network.ts';
import { seedInsertion } from '../seed-insertion.ts';
import { hardened } from './hardened.ts';
import { SPEC_KEY, type SpecSource } from './network-wide.ts';
import { MOUNTS, type PodInput, pathsOf } from './pod-input.ts';

/** Steps before a node starts. A failed step fails the pod: no node runs without its keys or its chain. */
export function initContainers(input: PodInput): IContainer[] {
  const { spec, relaySpec } = input;
  return [
    ...fetching('fetch-spec', MOUNTS.spec, spec, input.toolsImage),
    ...(relaySpec === null
      ? []
      : fetching('fetch-relay-spec', MOUNTS.relaySpec, relaySpec, input.toolsImage)),
    ...nodeKeys(input),
    ...seeds(input),
  ];
}

const FETCH = 'wget -q -O "$1.part" "$0" && echo "$2  $1.part" | sha256sum -c - && mv "$1.part" "$1"';

function fetching(name: string, path: string, spec: SpecSource, image: string | null): IContainer[] {
  if (spec.from !== 'url') return [];
  const volume = name === 'fetch-spec' ? 'spec' : 'relay-spec';
  return [
    {
      ...hardened(image ?? '', name, [{ name: volume, mountPath: path }]),
      command: ['/bin/sh', '-c', FETCH, spec.url, `${path}/${SPEC_KEY}`, spec.sha256],
    },
  ];
}

/** Makes a node key if there is none, and never a second one. */
const BEAR_ONCE = 'test -s "$0" || exec "$@"';

function nodeKeys(input: PodInput): IContainer[] {
  const { node, relaySpec } = input;
  const { software, keys } = node.settings;
  const paths = pathsOf(input);
  const volume = signs(node.role) ? 'keys' : 'data';
  const born = (name: string, file: string): IContainer => ({
    ...hardened(software.image ?? '', name, [
      { name: volume, mountPath: signs(node.role) ? MOUNTS.keys : MOUNTS.data },
      { name: 'tmp', mountPath: MOUNTS.temporary },
      ...specMount(input),
    ]),
    command: ['/bin/sh', '-c', BEAR_ONCE, file, software.command, ...bearing(paths.chain), file],
  });
  return [
    ...(keys.node.source === 'born' ? [born('node-key', paths.nodeKey)] : []),
    ...(relaySpec === null ? [] : [born('relay-node-key', paths.relayNodeKey)]),
  ];
}

/**
 * The words that generate a node key, without the file. A binary without a built-in chain needs a chain even
 * here.
 */
function bearing(chain: string): readonly string[] {
  return ['key', 'generate-node-key', `--chain=${chain}`, '--file'];
}

function specMount({ spec }: PodInput): IVolumeMount[] {
  return spec.from === 'name' ? [] : [{ name: 'spec', mountPath: MOUNTS.spec, readOnly: true }];
}

/** Puts seeds into the keystore in memory. */
function seeds(input: PodInput): IContainer[] {
  const { node } = input;
  const { software, keys } = node.settings;
  if (keys.session.source !== 'secret') return [];
  const paths = pathsOf(input);
  return Object.keys(keys.session.types)
    .sort()
    .map((type) => ({
      ...hardened(software.image ?? '', `seed-${type}`, [
        { name: 'keystore', mountPath: MOUNTS.memory },
        { name: 'seeds', mountPath: MOUNTS.seeds, readOnly: true },
        { name: 'tmp', mountPath: MOUNTS.temporary },
        ...specMount(input),
      ]),
      command: [
        ...seedInsertion({
          executable: software.command,
          chain: paths.chain,
          keystore: MOUNTS.memory,
          type,
          scheme: keys.session.types[type],
          file: `${MOUNTS.seeds}/${type}`,
        }),
      ],
    }));
}
