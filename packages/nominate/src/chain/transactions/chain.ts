import { bytesOfHex, type CallOptions, genesisHash, hexOf, type NodeRpc } from '@watchbill/chain';
import {
  assembleExtrinsic,
  type ChainMetadata,
  type RuntimeViews,
  readExtrinsic,
  readPayload,
  runtimeViews,
} from '@watchbill/chain/extrinsics';
import { type RoleLimits, type RoleOptions, roleEndpoints } from '@watchbill/chain/reading';
import type {
  Assembled,
  BlockRef,
  ExtrinsicReading,
  PayloadReading,
  TransactionChain,
} from '../../transactions/index.ts';
import { buildOn } from './build.ts';
import { decodeNomination } from './calls.ts';
import { type Endpoints, firstAnswer, readAt, readNewest } from './endpoints.ts';
import { factsOf } from './facts.ts';
import { searchExtrinsic } from './search.ts';
import { submitEverywhere } from './submit.ts';

export interface TransactionChainOptions {
  /** Nodes of the chain with the nominators, the preferred one first. The caller closes them. */
  readonly nodes: readonly NodeRpc[];
  readonly clock: RoleOptions['clock'];
  /** Hash of block 0 of that chain. */
  readonly genesis: string;
  readonly limits?: Partial<RoleLimits>;
}

/** Each request of the machine has its own deadline. These shorter ones leave time for a second endpoint. */
const LIMITS = {
  lagBlocks: 2,
  probeTimeoutMs: 3_000,
  callTimeoutMs: 8_000,
  readTimeoutMs: 12_000,
  attempts: 3,
} satisfies Partial<RoleLimits>;

/**
 * A real chain for the transaction machine. Facts are from the newest finalised block that the endpoints
 * agree on. All other requests go to one endpoint after the other until one has the block in question.
 */
export function transactionChain(options: TransactionChainOptions): TransactionChain {
  const { clock, genesis } = options;
  const views = runtimeViews();
  const limits = { ...LIMITS, ...options.limits };
  const nodes = options.nodes.map((node) => hurried(node, limits.callTimeoutMs));
  const endpoints: Endpoints = { nodes, role: roleEndpoints({ nodes, clock, genesis, limits }) };
  const ask = <Value>(signal: AbortSignal, how: (node: NodeRpc) => Promise<Value>): Promise<Value> =>
    firstAnswer(endpoints, signal, how);
  /** By the runtime in the state of a block. */
  const by = <Value>(
    { hash }: BlockRef,
    signal: AbortSignal,
    read: (metadata: ChainMetadata) => Value,
  ): Promise<Value> => ask(signal, async (node) => read((await views.at(node, hash)).metadata));

  return {
    facts: (intent, signal) => readNewest(endpoints, signal, (reader) => factsOf(reader, intent)),
    factsAt: (intent, block, signal) => readAt(endpoints, block, signal, (reader) => factsOf(reader, intent)),
    runtime: ({ hash }, signal) => ask(signal, (node) => runtimeOn(node, views, hash)),
    build: (request, signal) => ask(signal, (node) => buildOn(node, views, request)),
    readPayload: (payload, block, signal) => by(block, signal, (metadata) => payloadOf(metadata, payload)),
    readCall: (call, block, signal) =>
      by(block, signal, (metadata) => decodeNomination(metadata, bytesOfHex(call, 'a call'))),
    assemble: (flight, signature, scheme, signal) =>
      by({ height: flight.birth, hash: flight.birthHash }, signal, (metadata) =>
        assembled(metadata, flight.payload, { account: flight.account, signature, scheme }),
      ),
    readExtrinsic: (bytes, block, signal) => by(block, signal, (metadata) => extrinsicOf(metadata, bytes)),
    submit: (bytes) => submitEverywhere(endpoints, bytes),
    search: (wanted, signal) => searchExtrinsic(endpoints, views, wanted, signal),
  };
}

/** The node with another default deadline. */
function hurried(node: NodeRpc, timeoutMs: number): NodeRpc {
  return {
    ...node,
    call: <T>(method: string, params: readonly unknown[] = [], options: CallOptions = {}) =>
      node.call<T>(method, params, { timeoutMs, ...options }),
  };
}

async function runtimeOn(node: NodeRpc, views: RuntimeViews, block: string) {
  const { specVersion, transactionVersion } = await views.at(node, block);
  return { genesis: await genesisHash(node), specVersion, transactionVersion };
}

function payloadOf(metadata: ChainMetadata, payload: string): PayloadReading | null {
  const read = readPayload(metadata, bytesOfHex(payload, 'a payload'));
  return read === null ? null : { ...read.facts, call: hexOf(read.call) };
}

/** Assembles the transaction from the signed bytes, so that exactly these are sent. */
function assembled(
  metadata: ChainMetadata,
  payload: string,
  signed: { readonly account: string; readonly signature: string; readonly scheme: string },
): Assembled {
  const read = readPayload(metadata, bytesOfHex(payload, 'a payload'));
  if (read === null) return { result: 'refused', why: 'the stored payload cannot be read' };
  const extrinsic = assembleExtrinsic(metadata, read, {
    publicKey: bytesOfHex(signed.account, 'an account'),
    signature: bytesOfHex(signed.signature, 'a signature'),
    scheme: signed.scheme,
  });
  if (extrinsic.result === 'refused') return { result: 'refused', why: extrinsic.detail };
  return { result: 'assembled', bytes: hexOf(extrinsic.bytes), hash: extrinsic.hash };
}

function extrinsicOf(metadata: ChainMetadata, bytes: string): ExtrinsicReading | null {
  const read = readExtrinsic(metadata, bytesOfHex(bytes, 'an extrinsic'));
  if (read === null || read.author === null) return null;
  const { account, nonce } = read.author;
  return { account: hexOf(account), nonce, call: hexOf(read.call) };
}
