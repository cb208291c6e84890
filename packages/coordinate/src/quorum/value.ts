import { type ByteReader, readBytes } from './byte-reader.ts';
import { type ByteWriter, byteWriter } from './byte-writer.ts';
import { DIGEST_BYTES, taggedDigest } from './digest.ts';
import { MAX_NAME_BYTES, MAX_RESOURCE_BYTES } from './limits.ts';
import { MAX_CONTENT_BYTES, type Value } from './messages.ts';

/** The one encoding of a value. Throws a RangeError if a part is too long or not a name. */
export function encodeValue(value: Value): Uint8Array {
  const writer = byteWriter();
  writeValue(writer, value);
  return writer.finish();
}

/** The value in the bytes, or null if they are not a value. Never throws. */
export function decodeValue(bytes: Uint8Array): Value | null {
  return readBytes(bytes, readValue)?.value ?? null;
}

/** The digest that names a value in all messages. */
export function valueDigest(value: Value): Uint8Array {
  return taggedDigest('watchbill/quorum/value/1', encodeValue(value));
}

export function writeValue(writer: ByteWriter, value: Value): void {
  writer.name(value.action, MAX_NAME_BYTES);
  writer.name(value.resource, MAX_RESOURCE_BYTES);
  writer.u64(value.validityBlocks);
  writer.fixed(value.referenceHash, DIGEST_BYTES);
  writer.sized(value.content, MAX_CONTENT_BYTES);
}

export function readValue(reader: ByteReader): Value {
  return {
    action: reader.name(MAX_NAME_BYTES),
    resource: reader.name(MAX_RESOURCE_BYTES),
    validityBlocks: reader.u64(),
    referenceHash: reader.fixed(DIGEST_BYTES),
    content: reader.sized(MAX_CONTENT_BYTES),
  };
}
