import {
  type ActionName,
  actionNamed,
  afterHeartbeat,
  CLAIM_MARGIN_BLOCKS,
  decodePayload,
  type Execution,
  type Executor,
  heartbeatDigest,
  type Proposal,
  type ProposalOf,
  type Receipt,
} from '@watchbill/coordinate';
import type { Bridge, Wallet } from './bridge.ts';
import type { HostChain } from './host-chain.ts';
import { hashOf, type Ledger } from './ledger.ts';
import type { WalletRecords } from './records.ts';
import type { Signing } from './signing.ts';
import { type Judged, validatorOf } from './validator.ts';

/** The outside world of one operator. */
export interface World {
  readonly chain: HostChain;
  readonly bridge: Bridge;
  readonly ledger: Ledger;
  readonly signing: Signing;
}

/** One operator's part in what one wallet does. */
export interface WalletWork {
  readonly wallet: Wallet;
  /** Those for which this operator can sign now; none while its signer is out of order. */
  readonly seats: () => readonly number[];
  readonly records: WalletRecords;
}

const MIN_ACTIVE_SEATS = 70;

type Result = Pick<Receipt, 'result' | 'text'>;

/** Validates at the beginning of an action, waits for its start block, signs with the others, and sends what was signed. */
export function walletExecutor(world: World, work: WalletWork): Executor {
  return {
    execute: async (execution, signal) => {
      const { window, action } = execution;
      // The engine hands an execution over at least once; what has a receipt is done.
      if (work.records.receipts.has(window)) return;
      const proposal = proposalOf(execution);
      const { result, text } = await run(world, work, execution, proposal, signal);
      await work.records.receipt(window, { action, result, text, extrinsic: null });
    },
  };
}

function proposalOf({ action, payload }: Execution): Proposal {
  switch (action) {
    case 'heartbeat':
    case 'deposit-sweep':
    case 'redemption': {
      const read = decodePayload(action, payload);
      if (read.ok) return read.value;
      throw new Error(`the payload of a ${action} cannot be read: ${read.refusal}`);
    }
    default:
      throw new Error(`nothing here can run a ${action}`);
  }
}

async function run(
  world: World,
  work: WalletWork,
  execution: Execution,
  proposal: Proposal,
  signal: AbortSignal,
): Promise<Result> {
  const validator = validatorOf(world.chain, world.bridge, work.wallet);
  switch (proposal.action) {
    case 'deposit-sweep':
      return spend(world, work, execution, proposal.action, () => validator.sweep(proposal), signal);
    case 'redemption':
      return spend(world, work, execution, proposal.action, () => validator.redemption(proposal), signal);
    case 'heartbeat': {
      const wrong = validator.heartbeat(proposal);
      return wrong === null
        ? beat(world, work, execution, proposal, signal)
        : { result: 'refused', text: wrong };
    }
    default:
      return { result: 'refused', text: `a ${proposal.action} is never run` };
  }
}

/** After a restart it continues with the earlier judgement: the ledger may have moved on, and a new one could differ. */
async function spend(
  { ledger, signing }: World,
  { wallet, seats, records }: WalletWork,
  execution: Execution,
  action: ActionName,
  judge: () => Judged,
  signal: AbortSignal,
): Promise<Result> {
  const { window, startBlock } = execution;
  const kept = records.begun.get(window);
  const judged: Judged = kept === undefined ? judge() : { ok: true, transaction: kept };
  if (!judged.ok) return { result: 'refused', text: judged.why };
  const { transaction } = judged;
  records.begun.set(window, transaction);
  const digest = hashOf({ ...transaction, seats: [] });
  if (ledger.isTaken(digest)) return { result: 'done-by-another', text: digest.slice(0, 8) };
  const lastBlock = lastBlockOf(action, execution);
  const order = { wallet: wallet.id, digest: `${window}/${digest}`, startBlock, lastBlock };
  const signers = await signing.sign(order, seats, signal);
  if (signers === null) return { result: 'expired', text: `not signed by block ${lastBlock}` };
  const taken = ledger.submit({ ...transaction, seats: signers });
  const text = `${digest.slice(0, 8)}, ${signers.length} seats`;
  if (taken === 'taken') return { result: 'done', text };
  return taken === 'known' ? { result: 'done-by-another', text } : { result: 'failed', text: taken };
}

/** Signs a message that moves nothing, and claims against who is missing for the third time in a row. */
async function beat(
  { signing, bridge }: World,
  { wallet, seats, records }: WalletWork,
  execution: Execution,
  { action, message }: ProposalOf<'heartbeat'>,
  signal: AbortSignal,
): Promise<Result> {
  const { window, startBlock, expiryBlock } = execution;
  const digest = Buffer.from(heartbeatDigest(message)).toString('hex');
  const order = { wallet: wallet.id, digest: `${window}/${digest}`, startBlock };
  const lastBlock = lastBlockOf(action, execution);
  const signers = await signing.sign({ ...order, lastBlock }, seats, signal);
  const inactiveSeats =
    signers === null
      ? []
      : wallet.group.operators.map((_, index) => index + 1).filter((seat) => !signers.includes(seat));
  const verdict = afterHeartbeat(
    records.failures,
    signers === null
      ? { kind: 'signing-failed' }
      : { kind: 'signed', activeMembers: signers.length, inactiveSeats },
    MIN_ACTIVE_SEATS,
  );
  records.failures = verdict.failures;
  if (signers === null) return { result: 'expired', text: `not signed by block ${lastBlock}` };
  const active = `${signers.length} seats active`;
  if (verdict.failures === 0) return { result: 'done', text: active };
  if (verdict.claim === null) return { result: 'failed', text: `${active}, failure ${verdict.failures}` };
  const claim = { wallet: wallet.id, nonce: bridge.claimNonce(wallet.id), seats: verdict.claim };
  const claimOrder = {
    wallet: wallet.id,
    digest: `${window}/claim ${claim.nonce} ${claim.seats.join()}`,
    startBlock,
    lastBlock: expiryBlock - CLAIM_MARGIN_BLOCKS,
  };
  const claimants = await signing.sign(claimOrder, seats, signal);
  const claimed = claimants === null ? 'could not claim' : claimText(bridge.claim(claim, claimants));
  const text = `${active}, failure ${verdict.failures}, ${claimed} against ${claim.seats.length} seats`;
  return { result: 'failed', text };
}

function claimText(isFirst: boolean): string {
  return isFirst ? 'claimed' : 'another claimed';
}

/** After this block the wallet signs no more. */
function lastBlockOf(action: ActionName, { expiryBlock }: Execution): bigint {
  return expiryBlock - (actionNamed(action).signingMarginBlocks ?? 0n);
}
