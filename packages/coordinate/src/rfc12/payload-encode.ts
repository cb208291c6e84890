import { bytesField, joined, minimalBytes, packedField, presentField, varintField } from '../wire/writer.ts';
import type { DepositKey, Proposal } from './proposal.ts';

/** The payload of a proposal. Throws a RangeError if a value does not fit the encoding. */
export function encodePayload(proposal: Proposal): Uint8Array {
  switch (proposal.action) {
    case 'noop':
      return new Uint8Array(0);
    case 'heartbeat':
      return joined([bytesField(1, exactly(16, proposal.message))]);
    case 'deposit-sweep':
      return joined([
        ...proposal.deposits.map((key) => presentField(1, depositKey(key))),
        bytesField(2, minimalBytes(proposal.sweepTxFee)),
        packedField(3, proposal.revealBlocks),
      ]);
    case 'redemption':
      return joined([
        ...proposal.redeemerOutputScripts.map((script) => presentField(1, script)),
        bytesField(2, minimalBytes(proposal.redemptionTxFee)),
      ]);
    case 'moving-funds':
      return joined([
        ...proposal.targetWallets.map((wallet) => presentField(1, exactly(20, wallet))),
        bytesField(2, minimalBytes(proposal.movingFundsTxFee)),
      ]);
    case 'moved-funds-sweep':
      return joined([
        bytesField(1, exactly(32, proposal.movingFundsTxHash)),
        varintField(2, outputIndex(proposal.movingFundsTxOutputIndex)),
        bytesField(3, minimalBytes(proposal.sweepTxFee)),
      ]);
  }
}

function depositKey({ fundingTxHash, fundingOutputIndex }: DepositKey): Uint8Array {
  return joined([bytesField(1, exactly(32, fundingTxHash)), varintField(2, outputIndex(fundingOutputIndex))]);
}

function exactly(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, not ${bytes.length}`);
  return bytes;
}

function outputIndex(index: number): bigint {
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32) {
    throw new RangeError(`an output index is 0 to 2^32 - 1, not ${index}`);
  }
  return BigInt(index);
}
