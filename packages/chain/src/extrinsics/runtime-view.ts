import { count, fields, type Shape, shaped, text } from '../reads/shape.ts';
import { unlessRefused } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { numberBytes } from '../scale/number-bytes.ts';
import { readWhole } from '../scale/reader.ts';
import { type ChainMetadata, readMetadata } from './metadata.ts';

/** The runtime of one block's state. */
export interface RuntimeView {
  readonly specName: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
  readonly metadata: ChainMetadata;
}

/** Runtimes by block; the metadata of few runtimes is kept, by version and hash of the code. */
export interface RuntimeViews {
  /** The runtime in the state of a block. Throws a NodeFault. */
  readonly at: (node: NodeRpc, block: string) => Promise<RuntimeView>;
}

/** Storage key of a runtime's code: the bytes of `:code`. */
const CODE_KEY = '0x3a636f6465';
/** Versions to request from `Metadata_metadata_at_version`, the better one first. */
const VERSIONS = [15, 14] as const;
/** A chain runs one runtime at a time, and two around an upgrade. */
const KEPT_RUNTIMES = 4;

/**
 * One instance may serve any number of nodes. It caches by node, so that a node that lies affects only
 * itself.
 */
export function runtimeViews(): RuntimeViews {
  const kept = new Map<string, Promise<ChainMetadata>>();
  return {
    at: async (node, block) => {
      const version = shaped(
        versionShape,
        await node.call('state_getRuntimeVersion', [block]),
        'a runtime version',
      );
      const code = await codeHash(node, block);
      if (code === null) return { ...version, metadata: await fetchMetadata(node, block) };
      const key = `${node.address} ${version.specName} ${version.specVersion} ${code}`;
      const metadata = kept.get(key) ?? fetchMetadata(node, block);
      kept.delete(key);
      kept.set(key, metadata);
      for (const oldest of [...kept.keys()].slice(0, -KEPT_RUNTIMES)) kept.delete(oldest);
      metadata.catch(() => kept.delete(key));
      return { ...version, metadata: await metadata };
    },
  };
}

const u32: Shape<number> = (value): value is number => count(value) && value < 2 ** 32;
const versionShape = fields({ specName: text, specVersion: u32, transactionVersion: u32 });

/** Null if the node does not answer: then the view is not cached. */
async function codeHash(node: NodeRpc, block: string): Promise<string | null> {
  const hash = await unlessRefused(node.call('state_getStorageHash', [CODE_KEY, block]));
  return typeof hash === 'string' ? hash : null;
}

async function fetchMetadata(node: NodeRpc, block: string): Promise<ChainMetadata> {
  for (const version of VERSIONS) {
    const bytes = await metadataOfVersion(node, version, block);
    if (bytes !== null) return readMetadata(bytes);
  }
  // Runtimes without versions: `Metadata_metadata` answers with version 14.
  const answer = await node.call('state_call', ['Metadata_metadata', '0x', block]);
  return readMetadata(opaque(bytesOfHex(answer, 'the metadata')));
}

/** Null if the runtime does not have that version, or is too old for the question. */
async function metadataOfVersion(node: NodeRpc, version: number, block: string): Promise<Uint8Array | null> {
  const argument = hexOf(numberBytes(BigInt(version), 4));
  const answer = await unlessRefused(
    node.call('state_call', ['Metadata_metadata_at_version', argument, block]),
  );
  const bytes = bytesOfHex(answer ?? '0x00', 'the metadata');
  return bytes[0] === 1 ? opaque(bytes.subarray(1)) : null;
}

/** Bytes with their length before them. */
function opaque(bytes: Uint8Array): Uint8Array {
  return readWhole(bytes, (source) => source.bytes(), 'the metadata');
}
