import { usageFault } from '@watchbill/kit';
import {
  BLOCK_HASH_BYTES,
  ERA_2023_11,
  ERA_2023_12,
  ERA_2024_04,
  ERA_2026,
  type EraSchedule,
  groupProblem,
  KEY_HASH_BYTES,
  MAINNET_ERAS,
  RFC12_WINDOWS,
  type Rfc12Group,
  walletKeyHash,
  windowIndex,
} from '../../index.ts';

/** The flags of this profile; a block and its hash may come from a node. */
export interface Rfc12Options {
  readonly block: string;
  readonly blockHash: string;
  readonly wallet: string;
  readonly operators: string;
  readonly era?: string;
}

export interface ExplainInputs {
  readonly index: bigint;
  readonly blockHash: Uint8Array;
  readonly group: Rfc12Group;
  readonly eras: EraSchedule;
}

const ERAS = [ERA_2023_11, ERA_2023_12, ERA_2024_04, ERA_2026];
/** Values of `--era`. */
export const ERA_NAMES: readonly string[] = ERAS.map(({ name }) => name);
const HEX = /^(0x)?([0-9a-fA-F]{2})+$/;
const HEIGHT = /^[1-9][0-9]{0,19}$/;

/** Checks the flags; every mistake is a usage fault. */
export function explainInputs(options: Rfc12Options): ExplainInputs {
  const operators = options.operators.split(',').map((operator) => operator.trim());
  const group = { keyHash: walletOf(options.wallet), operators };
  const problem = groupProblem(group);
  if (problem !== null) {
    throw usageFault(
      problem,
      'give the operator of each seat, in order, separated by commas',
      'flag --operators',
    );
  }
  const blockHash = bytesOf('--block-hash', options.blockHash);
  if (blockHash.length !== BLOCK_HASH_BYTES) {
    throw usageFault(
      `a block hash has ${BLOCK_HASH_BYTES} bytes, not ${blockHash.length}`,
      'give the hash of the block that lies 32 before the window',
      'flag --block-hash',
    );
  }
  return { index: indexOf(options.block), blockHash, group, eras: erasOf(options.era) };
}

/** The index of the window that begins at a block; any other block is a usage fault. */
export function indexOf(block: string): bigint {
  const index = HEIGHT.test(block) ? windowIndex(RFC12_WINDOWS, BigInt(block)) : 0n;
  if (index > 0n) return index;
  throw usageFault(
    'no window begins at that block',
    `give a multiple of ${RFC12_WINDOWS.frequencyBlocks}`,
    'flag --block',
  );
}

function walletOf(text: string): Uint8Array {
  const bytes = bytesOf('--wallet', text);
  if (bytes.length === KEY_HASH_BYTES) return bytes;
  try {
    return walletKeyHash(bytes);
  } catch {
    throw usageFault(
      'that is neither a key hash nor a public key',
      'give 20 bytes, or a secp256k1 key of 33 or 65 bytes',
      'flag --wallet',
    );
  }
}

function erasOf(name: string | undefined): EraSchedule {
  if (name === undefined) return MAINNET_ERAS;
  const era = ERAS.find((known) => known.name === name);
  if (era !== undefined) return [{ fromBlock: 0n, era }];
  throw usageFault('there is no such era', `use one of: ${ERA_NAMES.join(', ')}`, 'flag --era');
}

function bytesOf(flag: string, text: string): Uint8Array {
  if (HEX.test(text)) return Buffer.from(text.replace(/^0x/, ''), 'hex');
  throw usageFault('that is not hexadecimal', 'give whole bytes, with or without 0x', `flag ${flag}`);
}
