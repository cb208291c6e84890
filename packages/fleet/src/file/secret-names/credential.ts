import type { SecretEntry } from './needs.ts';

/**
 * The folder of encrypted credentials on a machine. Not under the folder of a network: that one is given to
 * the user of its nodes when it is first applied, and secrets are put there before.
 */
export const CREDENTIAL_FOLDER = '/etc/watchbill-fleet/credentials';

/** `LoadCredentialEncrypted=` came with this version. */
export const OLDEST_SYSTEMD = 250;

/**
 * `NETWORK.SECRET.ENTRY`: the name under which an entry is encrypted on a machine, and decrypted for a unit.
 * Names of networks and entries have no dot in them, so no two entries have one name. A file that was
 * encrypted under another name is not decrypted.
 */
export function credentialName(network: string, { secret, entry }: Pick<SecretEntry, 'secret' | 'entry'>) {
  return `${network}.${secret}.${entry}`;
}

/** The file of a credential on its machine. */
export function credentialFile(name: string): string {
  return `${CREDENTIAL_FOLDER}/${name}.cred`;
}
