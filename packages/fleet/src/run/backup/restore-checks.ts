import { signs } from '../../file/normalise/index.ts';
import type { RunScript } from '../machines/ssh.ts';
import { BackupFault } from './backup-fault.ts';
import { chainOfFiles } from './contents.ts';
import type { Manifest } from './manifest.ts';
import type { NodeControl } from './port.ts';

/** The facts that decide whether a backup fits a node, wherever the node is. */
export interface FitChecks {
  readonly control: NodeControl;
  /** Hash of block 0, from elsewhere: for a node that does not answer. Null: only the node itself has it. */
  readonly genesis: string | null;
  /** Also if the node has more than the backup. */
  readonly older: boolean;
}

export interface RestoreChecks extends FitChecks {
  /** Runs scripts on the machine of the node, as root; on this machine as its user. */
  readonly run: RunScript;
  /** Folder of the node there. */
  readonly folder: string;
  /** Also onto a node of a signing role, if it has no keys at all. */
  readonly signerWithoutKeys: boolean;
}

/** Makes every check that is possible before the first change. Throws a BackupFault. */
export async function refuseUnfit(
  checks: RestoreChecks,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  await refuseSigner(checks, signal);
  if (chainOfFiles(manifest.files) === null)
    throw new BackupFault(
      'contents',
      `backup ${manifest.id} does not have the database of exactly one chain`,
      'take another one',
    );
  await refuseOther(checks, manifest, signal);
}

/**
 * Checks that the backup is of the same chain, has the same pruning mode, and is not behind the node. Throws
 * a BackupFault.
 */
export async function refuseOther(checks: FitChecks, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const { control } = checks;
  const isArchive = (pruning: Manifest['pruning']) => pruning === 'archive';
  if (isArchive(manifest.pruning) !== isArchive(control.pruning))
    throw new BackupFault(
      'contents',
      `the backup has the pruning mode ${manifest.pruning}, and ${control.node} has ${control.pruning}: a node does not start on a database of another mode`,
      'use a backup of a node with the same pruning mode',
    );
  const facts = await control.facts(signal).catch(() => null);
  const genesis = facts?.genesis ?? checks.genesis;
  if (genesis === null)
    throw new BackupFault(
      'other-chain',
      `${control.node} does not answer, so its chain is not known`,
      'name the hash of its first block with --genesis, as another node of the chain reports it',
    );
  if (genesis !== manifest.genesis)
    throw new BackupFault(
      'other-chain',
      `backup ${manifest.id} is of chain ${manifest.genesis}, and ${control.node} is on chain ${genesis}`,
      'use a backup of the same chain',
    );
  if (facts !== null && facts.finalised.number > manifest.finalised.number && !checks.older)
    throw new BackupFault(
      'height',
      `the newest final block of ${control.node} is ${facts.finalised.number}, and that of the backup is ${manifest.finalised.number}: the node would go back`,
      'if its database is broken, add --older',
    );
}

/**
 * The database of a signer has the state of its GRANDPA votes. On an older one it would vote again, and
 * differently. So a node with session keys never gets a backup. A signer without any keys never voted,
 * and gets one only if a person allows it.
 */
export async function refuseSigner(
  { control, signerWithoutKeys }: Pick<RestoreChecks, 'control' | 'signerWithoutKeys'>,
  signal: AbortSignal,
): Promise<void> {
  const { signs, keys } = await control.signing(signal);
  const [key] = keys;
  if (key !== undefined)
    throw new BackupFault(
      'signer',
      `${signerText(control)}; and it has keys: ${key}`,
      'let it sync, or move its duty to a new node with new keys',
    );
  if (signs && !signerWithoutKeys)
    throw new BackupFault(
      'signer',
      signerText(control),
      'let it sync; a new node without keys may take a backup with --signer-without-keys',
    );
}

/** Why a node that signs does not get a backup. */
export function signerText({ node, role }: Pick<NodeControl, 'node' | 'role'>): string {
  const what = signs(role) ? `is a ${role}` : `has the role ${role} in the network file, but can sign`;
  return `${node} ${what}: its database has the state of its GRANDPA votes, and on an older one it could vote twice in a round`;
}
