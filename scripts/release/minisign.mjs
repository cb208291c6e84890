// Signatures in the format of minisign (https://jedisct1.github.io/minisign/): users need no tool of ours.

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** Before the 32 bytes of a private key of ed25519 in PKCS#8: RFC 8410. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * @param {string} text a secret key of `minisign -G -W`, without a password
 * @returns {(content: Buffer, trusted: string) => string} makes the text of a `.minisig` file
 */
export function signerOf(text) {
  const bytes = Buffer.from(text.split('\n')[1] ?? '', 'base64');
  if (bytes.length !== 158 || bytes.toString('latin1', 0, 2) !== 'Ed')
    throw new Error('this is no secret key of minisign; make one with minisign -G -W');
  if (bytes.readUInt16LE(2) !== 0)
    throw new Error('this key has a password; a release needs a key without one (minisign -G -W)');
  const id = bytes.subarray(54, 62);
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8, bytes.subarray(62, 94)]),
    format: 'der',
    type: 'pkcs8',
  });
  const derived = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  if (!derived.equals(bytes.subarray(94, 126))) throw new Error('the two halves of this key do not fit');
  return (content, trusted) => {
    const signature = sign(null, createHash('blake2b512').update(content).digest(), key);
    const whole = sign(null, Buffer.concat([signature, Buffer.from(trusted)]), key);
    const signed = Buffer.concat([Buffer.from('ED'), id, signature]).toString('base64');
    return `untrusted comment: watchbill release\n${signed}\ntrusted comment: ${trusted}\n${whole.toString('base64')}\n`;
  };
}
