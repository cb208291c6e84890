import type { Expected } from '../../graph/resource.ts';
import { type FleetNode, keySetOf, type MachinePlace, type Network } from '../../normalise/network.ts';
import { credentialFile, credentialName } from '../../secret-names/credential.ts';
import { SECRET_USES, type SecretEntry, type SecretUse, secretsOfNode } from '../../secret-names/needs.ts';
import { seedInsertion } from '../seed-insertion.ts';
import { unitName } from './layout.ts';

/** The lines about secrets in a unit: its credentials, and how seeds are inserted before its node starts. */
export interface UnitCredentials {
  /** Lines of `[Service]`. */
  readonly lines: readonly string[];
  /** Commands before the node, as words; a failed one fails the start. */
  readonly steps: readonly (readonly string[])[];
  /** Our own sections after all others, which systemd ignores. */
  readonly marks: readonly string[];
}

/** Folder of keystores in memory. A unit sees its own there, and no other. */
const MEMORY = '/run/watchbill-fleet';

/**
 * Covers that folder in every unit, whether or not the folder exists: systemd creates it if it is missing.
 * `InaccessiblePaths=` ignores a missing path, so a unit that started first would later see the folders of
 * its neighbours.
 */
const NOTHING_OF_OTHERS = `TemporaryFileSystem=${MEMORY}:ro`;

/** Where systemd puts what it decrypts for a unit. */
function credentialFolder(network: Network, node: FleetNode): string {
  return `/run/credentials/${unitName(network.name, node.name)}`;
}

/** The keystore in memory of a node whose seeds are in a secret. */
export function memoryKeystore({ name }: Network, node: FleetNode): string {
  return `${MEMORY}/${name}-${node.name}`;
}

/** The file that a node reads for an entry of a use; null if it needs none. */
export function credentialPath(network: Network, node: FleetNode, use: SecretUse): string | null {
  const found = secretsOfNode(node).find((entry) => entry.use === use);
  return found === undefined ? null : pathOf(network, node, found);
}

function pathOf(network: Network, node: FleetNode, entry: SecretEntry): string {
  return `${credentialFolder(network, node)}/${credentialName(network.name, entry)}`;
}

/** The lines about secrets in the unit of a node. `executable` and `chain` are those of the node. */
export function unitCredentials(
  network: Network,
  node: FleetNode,
  { executable, chain }: { readonly executable: string; readonly chain: string },
): UnitCredentials {
  const needed = secretsOfNode(node);
  const seeds = needed.filter(({ use }) => use === 'seed');
  const keySet = keySetOf(node, network.name);
  const keystore = memoryKeystore(network, node);
  return {
    lines: [
      ...needed.map((entry) => {
        const name = credentialName(network.name, entry);
        return `LoadCredentialEncrypted=${name}:${credentialFile(name)}`;
      }),
      ...(seeds.length === 0 ? [NOTHING_OF_OTHERS] : memoryLines(keystore)),
    ],
    steps: seeds.map((seed) =>
      seedInsertion({
        executable,
        chain,
        keystore,
        type: seed.entry,
        scheme: seed.scheme,
        file: pathOf(network, node, seed),
      }),
    ),
    marks: seeds.length === 0 || keySet === null ? [] : ['', '[X-Watchbill]', `KeySet=${keySet}`],
  };
}

/** A folder that goes with the unit, that no other unit sees, and that is not written to a disk of swap. */
function memoryLines(keystore: string): readonly string[] {
  return [
    `RuntimeDirectory=${keystore.replace('/run/', '')}`,
    'RuntimeDirectoryMode=0700',
    NOTHING_OF_OTHERS,
    `BindPaths=${keystore}`,
    'MemorySwapMax=0',
  ];
}

/**
 * The variable with the folder of a unit's credentials. The specifier for it came a version later than
 * credentials.
 */
const GIVEN = `\${CREDENTIALS_DIRECTORY}`;

/** The text of a unit, with the credential folder that systemd names. */
export function withCredentialFolder(text: string, network: Network, node: FleetNode): string {
  return text.replaceAll(`${credentialFolder(network, node)}/`, `${GIVEN}/`);
}

/**
 * Credentials that units of a machine load. They are put there by people, never by us: `keys secrets put`.
 */
export function machineExpects(network: Network, place: MachinePlace): readonly Expected[] {
  return network.pools
    .flatMap(({ nodes }) => nodes)
    .filter((node) => node.place === place.name)
    .flatMap((node) =>
      secretsOfNode(node).map((entry): Expected => {
        return {
          place: place.name,
          kind: 'credential',
          name: credentialName(network.name, entry),
          entries: [],
          why: `${SECRET_USES[entry.use]} of ${node.name}; watchbill fleet keys secrets put ${entry.secret} ${entry.entry} --place ${place.name}`,
          neededBy: [`${place.name}/unit/${unitName(network.name, node.name)}`],
        };
      }),
    );
}
