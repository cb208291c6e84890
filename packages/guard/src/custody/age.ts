import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { GuardFault, unfit } from '../fault.ts';

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
    const remedy = 'use the public key that age-keygen prints: age1 and 58 characters';
    throw unfit('sealed', `${recipient} is not an age recipient`, remedy, error);
  }
  return await bytesOf(await encrypter.encrypt(streamOf(bytes)));
}

/** Decrypts with an identity, `AGE-SECRET-KEY-1…`. Throws a {@link GuardFault} with the name of the file. */
export async function openBytes(sealed: Uint8Array, identity: string, file: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
    return await bytesOf(await decrypter.decrypt(streamOf(sealed)));
  } catch (error) {
    const remedy = 'use the identity that it was sealed for; if it is the right one, restore the file';
    const what = `${file} cannot be opened: it is damaged, or sealed for another identity`;
    throw new GuardFault('sealed', what, remedy, error);
  }
}

/**
 * The identity in an identity file, as `age-keygen` writes it: comment lines, then one line
 * `AGE-SECRET-KEY-1…`. The file may be encrypted with a passphrase (`age --passphrase`); then `passphrase`
 * opens it. Throws without showing the content.
 */
export async function readIdentity(bytes: Uint8Array, file: string, passphrase?: string): Promise<string> {
  const text = isAgeFile(bytes) ? await openWithPassphrase(bytes, file, passphrase) : utf8(bytes);
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  const [identity = ''] = lines;
  try {
    await identityToRecipient(identity);
  } catch {
    const remedy = 'make one with `age-keygen`, or with `watchbill guard identity`';
    throw unfit('sealed', `${file} does not contain an age identity`, remedy);
  }
  if (lines.length === 1) return identity;
  throw unfit('sealed', `${file} holds ${lines.length} identities`, 'leave one of them');
}

const BINARY = 'age-encryption.org/v1';
const ARMOURED = '-----BEGIN AGE ENCRYPTED FILE-----';

function isAgeFile(bytes: Uint8Array): boolean {
  const head = utf8(bytes.subarray(0, ARMOURED.length));
  return head.startsWith(BINARY) || head === ARMOURED;
}

async function openWithPassphrase(bytes: Uint8Array, file: string, passphrase?: string): Promise<string> {
  if (passphrase === undefined) {
    const remedy =
      'name the file of the passphrase with --passphrase-file, for example a credential of systemd';
    throw unfit('sealed', `${file} is encrypted with a passphrase`, remedy);
  }
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    const sealed = utf8(bytes).startsWith(ARMOURED) ? armor.decode(utf8(bytes)) : bytes;
    return utf8(await bytesOf(await decrypter.decrypt(streamOf(sealed))));
  } catch (error) {
    const remedy = 'use the passphrase with which it was encrypted; if it is right, restore the file';
    throw unfit(
      'sealed',
      `${file} cannot be opened: the passphrase is wrong, or the file is damaged`,
      remedy,
      error,
    );
  }
}

/**
 * For bytes, the library makes a `Response`, and Node loads its whole HTTP client for that: 17 MB, which a
 * guard would hold for months. Streams need none.
 */
const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> => ReadableStream.from([bytes]);

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Uint8Array.from(Buffer.concat(parts));
}

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** A fresh identity and the recipient that belongs to it. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The recipient for which keys are sealed that this identity opens. */
export { identityToRecipient as recipientOf };
