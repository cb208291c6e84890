import type { MachineResource, Subject } from '../../graph/resource.ts';
import { chainsOf, type FleetNode, keySetOf, type MachinePlace, signs } from '../../normalise/network.ts';
import { nodeArguments, type Paths } from '../arguments.ts';
import { type Boot, bootnodesFor, publicAddress } from '../bootnodes.ts';
import { type ChainInput, chainText, specFiles } from './chain-files.ts';
import { credentialPath, memoryKeystore, unitCredentials, withCredentialFolder } from './credentials.ts';
import { folder, item, NOBODY } from './item.ts';
import { configOf, homeOf, nodeFolder, programsOf, sharedGroupOf, unitName, userOf } from './layout.ts';
import { programFolder, programs } from './programs.ts';
import { unitText } from './unit.ts';

export interface MachineInput extends ChainInput {
  readonly boots: readonly Boot[];
  readonly previousSigner: ReadonlyMap<string, string>;
}

/**
 * Everything that a network has on one machine: a group, folders, executables, the chain; a user and a unit
 * for each node.
 */
export function machineResources(input: MachineInput, place: MachinePlace): readonly MachineResource[] {
  const nodes = input.network.pools.flatMap((pool) => pool.nodes.filter((node) => node.place === place.name));
  const service = input.network.service?.members.some((member) => member.place === place.name) ?? false;
  if (nodes.length === 0 && !service) return [];
  const { network } = input;
  const group = sharedGroupOf(network);
  const home = homeOf(network);
  const ofGroup = { subject: NOBODY, needs: [`${place.name}/user/${group}`] };
  const shared = (path: string, mode: string) => folder(place, { path, owner: 'root', group, mode }, ofGroup);
  const common = [
    item(
      place,
      { kind: 'user', name: group, home },
      { subject: NOBODY, needs: [], lifecycle: 'create-once' },
    ),
    shared(home, '0750'),
    shared(configOf(network), '0750'),
    shared(programsOf(network), '0755'),
    ...specFiles(input, place),
  ];
  const made = [...common, ...nodes.flatMap((node) => programs(input.network, place, node))];
  const programsOnce = [...new Map(made.map((resource) => [resource.id, resource])).values()];
  return [...programsOnce, ...nodes.flatMap((node) => nodeResources(input, place, node))];
}

function nodeResources(
  input: MachineInput,
  place: MachinePlace,
  node: FleetNode,
): readonly MachineResource[] {
  const { network } = input;
  const subject: Subject = {
    pool: node.pool,
    node: node.name,
    role: node.role,
    keySet: keySetOf(node, network.name),
  };
  const still: Subject = { ...subject, keySet: null };
  const user = userOf(network, node);
  const root = nodeFolder(network, node);
  const parachain = chainsOf(network, node).beside !== null;
  const wanted = [
    'data',
    ...(parachain ? ['relay'] : []),
    'keys',
    ...(signs(node.role) && node.settings.keys.session.source === 'born' ? ['keys/keystore'] : []),
  ];
  const owner = item(
    place,
    { kind: 'user', name: user, home: root },
    { subject: still, needs: [], lifecycle: 'create-once' },
  );
  const below = (parent: string, path: string) =>
    folder(
      place,
      { path, owner: user, group: user, mode: '0700' },
      { subject: still, needs: [owner.id, `${place.name}/directory/${parent}`] },
    );
  const folders = [
    below(homeOf(network), root),
    ...wanted.map((name) => {
      const parent = name.includes('/') ? `${root}/${name.split('/')[0]}` : root;
      return below(parent, `${root}/${name}`);
    }),
  ];
  const paths = folders.map(({ name }) => name);
  const unit = item(
    place,
    { kind: 'unit', name: unitName(network.name, node.name), text: unitOf(input, node, paths) },
    {
      subject,
      // The user by its name: where folders are there already, no step leads to it.
      needs: [owner.id, ...folders.map(({ id }) => id), ...unitNeeds(input, place, node)],
      afterHealthy: previous(input, node),
    },
  );
  return [owner, ...folders, unit];
}

function previous({ previousSigner }: MachineInput, { name, role }: FleetNode): readonly string[] {
  const before = previousSigner.get(name);
  return before === undefined || !signs(role) ? [] : [before];
}

function unitNeeds(input: MachineInput, place: MachinePlace, node: FleetNode): readonly string[] {
  return [...specFiles(input, place), ...programs(input.network, place, node)].map(({ id }) => id);
}

function unitOf(input: MachineInput, node: FleetNode, folders: readonly string[]): string {
  const { network, boots } = input;
  const paths = pathsOf(input, node);
  const { command } = node.settings.software;
  const executable = `${programFolder(network, node)}/${command.split('/').at(-1) ?? command}`;
  const text = unitText({
    network: network.name,
    node,
    user: userOf(network, node),
    sharedGroup: sharedGroupOf(network),
    executable,
    args: nodeArguments({
      node,
      target: 'machine',
      paths,
      displayName: node.name,
      bootnodes: bootnodesFor(node, boots, node.runs),
      relayBootnodes: paths.relayChain === null ? [] : bootnodesFor(node, boots, 'relay'),
      publicAddress: publicAddress(node),
    }),
    folders,
    chain: paths.chain,
    nodeKeys: [
      ...(node.settings.keys.node.source === 'born' ? [paths.nodeKey] : []),
      ...(paths.relayChain === null ? [] : [paths.relayNodeKey]),
    ],
    credentials: unitCredentials(network, node, { executable, chain: paths.chain }),
  });
  return withCredentialFolder(text, network, node);
}

function pathsOf(input: MachineInput, node: FleetNode): Paths {
  const { network } = input;
  const root = nodeFolder(network, node);
  const { own, beside } = chainsOf(network, node);
  const inMemory = node.settings.keys.session.source === 'secret';
  return {
    chain: chainText(input, own),
    relayChain: beside === null ? null : chainText(input, beside),
    data: `${root}/data`,
    relayData: `${root}/relay`,
    keystore: inMemory ? memoryKeystore(network, node) : `${root}/keys/keystore`,
    nodeKey: credentialPath(network, node, 'node-key') ?? `${root}/keys/node.key`,
    relayNodeKey: `${root}/keys/relay-node.key`,
    duty: {
      token: credentialPath(network, node, 'token') ?? '',
      ca: credentialPath(network, node, 'ca') ?? '',
    },
  };
}
