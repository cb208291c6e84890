import { known } from '../../../facts/fact.ts';
import type { Intent } from '../../intent.ts';
import type { PrepareRequest } from '../../machine/effects.ts';
import type { SearchAnswer } from '../../machine/events.ts';
import { expectedCalls } from '../../signers/check.ts';
import type { Built, TransactionChain } from '../runner-ports.ts';
import {
  callBytes,
  fakeHash,
  payloadBytes,
  readCallBytes,
  readPayloadBytes,
  readSigned,
  signedBytes,
} from './fake-bytes.ts';
import { FAKE_DEPOSIT, FAKE_FEE, FAKE_GENESIS, type FakeBlock, type FakeChain } from './fake-chain.ts';

/** How a node behaves. */
export interface FakeManners {
  /**
   * `lost`: accepted and forgotten; `lands-and-fails`: accepted, and the call fails; `hang`: accepted, and
   * never answered.
   */
  submit: 'ok' | 'lost' | 'lands-and-fails' | 'hang' | 'refuse';
  reads: 'ok' | 'hang' | 'fail' | 'old';
  search: 'ok' | 'fail' | 'no-events' | 'unseen';
  /** Changes the built bytes, which the check must detect. */
  tamper: ((built: Built) => Built) | null;
}

export interface FakeNode extends TransactionChain {
  readonly manners: FakeManners;
  /** How often bytes were submitted. */
  readonly handed: string[];
}

const NEVER = new Promise<never>(() => undefined);
const OLD_BLOCKS = 20;

export function fakeNode(chain: FakeChain): FakeNode {
  const manners: FakeManners = { submit: 'ok', reads: 'ok', search: 'ok', tamper: null };
  const handed: string[] = [];
  const reading = async (): Promise<void> => {
    if (manners.reads === 'hang') await NEVER;
    if (manners.reads === 'fail') throw new Error('the connection was reset');
  };
  return {
    manners,
    handed,
    facts: async (intent) => {
      await reading();
      return chain.factsOf(intent, newestOf(chain, manners));
    },
    factsAt: async (intent: Intent, { hash }) => {
      await reading();
      const block = chain.blocks().find((one) => one.hash === hash);
      if (block === undefined) throw new Error('there is no such block');
      return chain.factsOf(intent, block);
    },
    runtime: async ({ hash }) => ({
      genesis: FAKE_GENESIS,
      specVersion: versionAt(chain, hash),
      transactionVersion: 1,
    }),
    build: async (request) => {
      const built = build(versionAt(chain, request.block.hash), request);
      return { result: 'built', built: manners.tamper === null ? built : manners.tamper(built) };
    },
    readPayload: async (payload) => readPayloadBytes(payload),
    readCall: async (call, { hash }) => readCallBytes(call, versionAt(chain, hash)),
    assemble: async ({ account, payload }, signature) => {
      const bytes = signedBytes({ account, payload, signature });
      return { result: 'assembled', bytes, hash: fakeHash(bytes) };
    },
    readExtrinsic: async (bytes) => extrinsicIn(bytes),
    submit: async (bytes) => {
      if (manners.submit === 'refuse') return { result: 'refused', detail: 'not now' };
      handed.push(bytes);
      if (manners.submit === 'lost') return { result: 'accepted' };
      const isTaken = chain.submit(bytes);
      if (manners.submit === 'hang') return NEVER;
      if (manners.submit === 'lands-and-fails') throw new Error('the connection was reset');
      return isTaken ? { result: 'accepted' } : { result: 'refused', detail: 'stale' };
    },
    search: async ({ account, nonce, from, to }) => {
      if (manners.search === 'fail') throw new Error('the connection was reset');
      if (manners.search === 'unseen') return { result: 'unseen' };
      const found = search(chain, account, nonce, from, to.height);
      return found.result === 'found' && manners.search === 'no-events'
        ? { ...found, dispatch: null }
        : found;
    },
  };
}

/** The newest final block, or one that a lagging node takes for it. */
function newestOf(chain: FakeChain, { reads }: FakeManners): FakeBlock {
  const blocks = chain.blocks();
  const final = blocks.indexOf(chain.finalised());
  const index = reads === 'old' ? Math.max(0, final - OLD_BLOCKS) : final;
  return blocks[index] ?? chain.finalised();
}

function extrinsicIn(bytes: string) {
  const signed = readSigned(bytes);
  const payload = signed === null ? null : readPayloadBytes(signed.payload);
  return signed === null || payload === null
    ? null
    : { account: signed.account, nonce: payload.nonce, call: payload.call };
}

function versionAt(chain: FakeChain, hash: string): number {
  const block = chain.blocks().find((one) => one.hash === hash);
  if (block === undefined) throw new Error('there is no such block');
  return block.version;
}

function build(version: number, request: PrepareRequest): Built {
  const { leg, nonce, period, block, wanted } = request;
  const inner = callBytes(wanted, version);
  const hasInner = leg === 'announce' || leg === 'execute';
  const expected = expectedCalls(request, fakeHash(inner));
  const call = callBytes(expected?.asked ?? null, version);
  const phase = Number(block.height % BigInt(period));
  const runtime = { genesis: FAKE_GENESIS, specVersion: version, transactionVersion: 1, tip: request.tip };
  const payload = payloadBytes({ call, nonce, period, phase, birthHash: block.hash, ...runtime });
  const deposit = known(leg === 'announce' ? FAKE_DEPOSIT : 0n, 'fake');
  return { call, innerCall: hasInner ? inner : null, payload, fee: known(FAKE_FEE, 'fake'), deposit };
}

function search(chain: FakeChain, account: string, nonce: number, from: bigint, to: bigint): SearchAnswer {
  const isIt = (one: { account: string; nonce: number }) => one.account === account && one.nonce === nonce;
  const final = chain.finalised().height;
  for (const { height, hash: block, landings } of chain.blocks()) {
    const landing = landings.find(isIt);
    if (landing === undefined || height < from) continue;
    if (height > final) return { result: 'not-found', until: to, inBlock: { block, height } };
    if (height > to) break;
    const { hash, bytes, dispatch } = landing;
    return { result: 'found', block, height, hash, call: bytes, dispatch };
  }
  return { result: 'not-found', until: to < final ? to : final, inBlock: null };
}
