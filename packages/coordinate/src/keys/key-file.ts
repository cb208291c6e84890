import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { KeyFault, openKeyFile, readKeyFile } from '@watchbill/chain/keys';
import { operatorKeyFrom, SECRET_BYTES } from './operator-key.ts';
import { KEY_SCHEMES, type KeyScheme, type OperatorKey, type PublicIdentity } from './port.ts';

/** Far more than the one line, or the encrypted JSON, of a key file. */
const MAX_FILE_BYTES = 1024;
const LINE = /^(?<scheme>[a-z0-9]+)\s+(?:0x)?(?<hex>[0-9a-fA-F]{64})$/;

export type KeyFileProblem =
  | 'unreadable'
  | 'exists'
  | 'unwritable'
  | 'open-to-others'
  | 'malformed'
  | 'encrypted'
  | 'wrong-passphrase';

/** A key file that cannot be used. The message names the file and the remedy, but not its content. */
export class KeyFileError extends Error {
  readonly problem: KeyFileProblem;
  constructor(problem: KeyFileProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KeyFileError';
    this.problem = problem;
  }
}

/**
 * Write `scheme 0x…` into a new file that its owner alone may read. Throws a {@link KeyFileError}, also if
 * the file exists.
 */
export function writeOperatorKey(file: string, scheme: KeyScheme, secret: Uint8Array): void {
  operatorKeyFrom(scheme, secret);
  const descriptor = opened(file, 'wx');
  try {
    writeSync(descriptor, `${scheme} 0x${Buffer.from(secret).toString('hex')}\n`);
    fsyncSync(descriptor);
  } catch (cause) {
    throw new KeyFileError(
      'unwritable',
      `${file}: the key could not be written; check the disk, remove the file, and try again`,
      cause,
    );
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The key in a file: one line `scheme 0x…` with 32 secret bytes in hex; empty lines and lines that begin with
 * # are ignored. Throws a {@link KeyFileError}, also if other users may read or write the file.
 */
export function readOperatorKey(file: string): OperatorKey {
  const { key } = readOperatorFile(file);
  if (key !== null) return key;
  throw encrypted(file);
}

/**
 * The same with the secret, for a transport that signs with the operator key itself. The caller clears it.
 */
export function readOperatorSecret(file: string): {
  readonly key: OperatorKey;
  readonly secret: Uint8Array;
} {
  const content = readContent(file);
  if (isSealed(content)) throw encrypted(file);
  const { scheme, secret } = parsed(file, content);
  return { key: keyOf(file, scheme, secret), secret };
}

/** A key file: its public identity, and the key if the file is not encrypted. */
export interface OperatorFile {
  readonly identity: PublicIdentity;
  readonly key: OperatorKey | null;
  /** The key of an encrypted file. Throws a {@link KeyFileError} if the passphrase is wrong. */
  readonly open: (passphrase: string) => OperatorKey;
}

/**
 * A key file of either kind: the line of {@link readOperatorKey}, or the encrypted JSON of
 * `watchbill nominate key create`, whose public key is readable without the passphrase. Throws a
 * {@link KeyFileError}.
 */
export function readOperatorFile(file: string): OperatorFile {
  const content = readContent(file);
  if (isSealed(content)) return sealedFile(file, content);
  const { scheme, secret } = parsed(file, content);
  const key = keyOf(file, scheme, secret);
  secret.fill(0);
  return { identity: key, key, open: () => key };
}

function readContent(file: string): string {
  // Non-blocking, so that a pipe without a writer does not hang this process.
  const descriptor = opened(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return contentOf(file, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isSealed(content: string): boolean {
  return content.trimStart().startsWith('{');
}

function encrypted(file: string): KeyFileError {
  return new KeyFileError('encrypted', `${file}: is encrypted; name a file with a key in hex`);
}

function sealedFile(file: string, content: string): OperatorFile {
  const named = (problem: KeyFileProblem, error: unknown): KeyFileError =>
    new KeyFileError(problem, `${file}: ${error instanceof KeyFault ? error.message : 'cannot be used'}`);
  try {
    const { scheme, account } = readKeyFile(content);
    const identity = { scheme, publicKey: Uint8Array.from(Buffer.from(account.slice(2), 'hex')) };
    return { identity, key: null, open: (passphrase) => opening(passphrase, identity) };
  } catch (error) {
    throw named('malformed', error);
  }

  function opening(passphrase: string, { publicKey }: PublicIdentity): OperatorKey {
    let opened: ReturnType<typeof openKeyFile>;
    try {
      opened = openKeyFile(content, passphrase);
    } catch (error) {
      throw named('wrong-passphrase', error);
    }
    const key = operatorKeyFrom(opened.scheme, opened.secret);
    opened.secret.fill(0);
    if (Buffer.compare(key.publicKey, publicKey) === 0) return key;
    throw new KeyFileError('malformed', `${file}: its secret belongs to another public key`);
  }
}

function opened(file: string, flags: string | number): number {
  try {
    return openSync(file, flags, 0o600);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new KeyFileError('exists', `${file}: exists already and is not overwritten; name another file`);
    }
    if (flags === 'wx') throw new KeyFileError('unwritable', `${file}: cannot be made`, cause);
    throw new KeyFileError(
      'unreadable',
      `${file}: cannot be opened; check that it exists and belongs to this user`,
      cause,
    );
  }
}

function contentOf(file: string, descriptor: number): string {
  const { mode, size } = fstatSync(descriptor);
  if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > MAX_FILE_BYTES) {
    throw new KeyFileError(
      'malformed',
      `${file}: is not a key file; name a file that \`watchbill coordinate init\` made`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new KeyFileError('open-to-others', `${file}: other users may read it; run \`chmod 600 ${file}\``);
  }
  const bytes = Buffer.alloc(MAX_FILE_BYTES);
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, MAX_FILE_BYTES, 0));
}

function parsed(file: string, content: string): { readonly scheme: KeyScheme; readonly secret: Uint8Array } {
  const lines = content.split('\n').map((line) => line.trim());
  const [line, ...rest] = lines.filter((text) => text !== '' && !text.startsWith('#'));
  const groups = LINE.exec(line ?? '')?.groups;
  const scheme = KEY_SCHEMES.find((known) => known === groups?.scheme);
  if (scheme === undefined || groups?.hex === undefined || rest.length > 0) {
    const schemes = KEY_SCHEMES.join(', ');
    throw new KeyFileError(
      'malformed',
      `${file}: must be one line with a scheme (${schemes}) and ${SECRET_BYTES} bytes in hex, such as \`ed25519 0x…\``,
    );
  }
  return { scheme, secret: Uint8Array.from(Buffer.from(groups.hex, 'hex')) };
}

function keyOf(file: string, scheme: KeyScheme, secret: Uint8Array): OperatorKey {
  try {
    return operatorKeyFrom(scheme, secret);
  } catch {
    throw new KeyFileError('malformed', `${file}: its bytes are not a valid secret of ${scheme}`);
  }
}
