import { createCipheriv, createDecipheriv } from 'node:crypto';

const CIPHER = 'chacha20-poly1305';
const TAG_BYTES = 16;

/** What a message grows by when it is sealed. */
export const SEAL_BYTES = TAG_BYTES;

/**
 * Seals the messages of one direction, one after another. The number of the message is its nonce and is not sent: both ends count, so a
 * message that is repeated, left out, moved or altered does not open.
 */
export function sealer(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const nextNonce = nonces();
  return (message) => {
    const cipher = createCipheriv(CIPHER, key, nextNonce(), { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(message), cipher.final()]);
    return Uint8Array.from(Buffer.concat([sealed, cipher.getAuthTag()]));
  };
}

/** Opens what {@link sealer} sealed; null for anything else. After a null nothing more is to be expected from this direction. */
export function opener(key: Uint8Array): (sealed: Uint8Array) => Uint8Array | null {
  const nextNonce = nonces();
  return (sealed) => {
    if (sealed.length < TAG_BYTES) return null;
    const decipher = createDecipheriv(CIPHER, key, nextNonce(), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const opened = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
      return Uint8Array.from(opened);
    } catch {
      return null;
    }
  };
}

function nonces(): () => Uint8Array {
  let count = 0n;
  return () => {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(count, 4);
    count += 1n;
    return nonce;
  };
}
