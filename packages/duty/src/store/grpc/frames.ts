/** gRPC's frames over HTTP/2: one byte of compression, always none here, four of length, then the message. */

const HEAD_BYTES = 5;
/** Larger than any answer that the adapter can get; a peer that sends more is broken. */
const MAX_MESSAGE_BYTES = 256 * 1_024 * 1_024;

/** One message in its frame. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** Takes bytes as they arrive and returns whole messages. Throws if the bytes are not frames. */
export function frameReader() {
  let chunks: Buffer[] = [];
  let have = 0;
  let wanted = HEAD_BYTES;

  return {
    push: (chunk: Buffer): readonly Uint8Array[] => {
      chunks.push(chunk);
      have += chunk.length;
      const messages: Uint8Array[] = [];
      while (have >= wanted) {
        const bytes = Buffer.concat(chunks, have);
        const end = endOfFrame(bytes);
        wanted = end;
        chunks = [bytes];
        if (have < end) break;
        // Not a Buffer: its `slice` would share the bytes.
        messages.push(new Uint8Array(bytes.buffer, bytes.byteOffset + HEAD_BYTES, end - HEAD_BYTES));
        chunks = [bytes.subarray(end)];
        have -= end;
        wanted = HEAD_BYTES;
      }
      return messages;
    },
  };
}

function endOfFrame(bytes: Buffer): number {
  if (bytes[0] !== 0)
    throw new Error('the peer sent a compressed message; this client accepts uncompressed ones only');
  const length = bytes.readUInt32BE(1);
  if (length > MAX_MESSAGE_BYTES) throw new Error(`the peer sent a message of ${length} bytes`);
  return HEAD_BYTES + length;
}
