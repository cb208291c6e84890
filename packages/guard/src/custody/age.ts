import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { GuardFault } from '../fault.ts';

/**
 * Secrets at rest in the age format (age-encryption.org/v1), so that the `age` tool opens what the guard
 * sealed and the other way round.
 */

/** Encrypts for the holder of an identity. `recipient` is, for example, `age1ql3z7hjy54pw3…`. */
export async function sealBytes(bytes: Uint8Array, recipient: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    throw new GuardFault(
      'sealed',
      `${recipient} is no recipient of age`,
      'give the public key that age-keygen prints: age1 and 58 characters',
      error,
      'usage',
    );
  }
  return await encrypter.encrypt(bytes);
}

/** Decrypts with an identity, `AGE-SECRET-KEY-1…`. Throws a {@link GuardFault} with the name of the file. */
export async function openBytes(sealed: Uint8Array, identity: string, file: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
    return await decrypter.decrypt(sealed);
  } catch (error) {
    const remedy = 'use the identity that it was sealed for; if it is the right one, restore the file';
    throw new GuardFault(
      'sealed',
      `${file} cannot be opened: it is damaged, or sealed for another identity`,
      remedy,
      error,
    );
  }
}

/**
 * The identity in the text of an identity file, as `age-keygen` writes it: comment lines, then one line
 * `AGE-SECRET-KEY-1…`. Throws without showing the text.
 */
export async function readIdentity(text: string, file: string): Promise<string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  const [identity = ''] = lines;
  try {
    await identityToRecipient(identity);
  } catch {
    const remedy = 'make one with `age-keygen`, or with `watchbill guard identity`';
    throw new GuardFault('sealed', `${file} holds no identity of age`, remedy, undefined, 'usage');
  }
  if (lines.length === 1) return identity;
  throw new GuardFault(
    'sealed',
    `${file} holds ${lines.length} identities`,
    'leave one of them',
    undefined,
    'usage',
  );
}

/** A fresh identity and the recipient that belongs to it. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
