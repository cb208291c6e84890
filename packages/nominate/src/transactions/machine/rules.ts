/** Bounds of an intent. Heights are those of the staking chain. */
export interface MachineRules {
  /**
   * How long an extrinsic can be included, in blocks: a power of two from 4 to 4096. A person who signs needs
   * more than a program.
   */
  readonly period: number;
  /** Planck for the author of the block, beside the fee. A congested chain prefers tipped extrinsics. */
  readonly tip: bigint;
  /** After so many failed tries, the intent waits for a person. */
  readonly maxTries: number;
  /** Pause after the first failed try, in blocks; it doubles. */
  readonly pauseBlocks: bigint;
  readonly longestPauseBlocks: bigint;
  /** The same bytes are submitted again after so many blocks. */
  readonly resendBlocks: bigint;
  /** How often the result of an included transaction may be unreadable. */
  readonly maxLooks: number;
}

export const MACHINE_RULES: MachineRules = {
  period: 64,
  tip: 0n,
  maxTries: 6,
  pauseBlocks: 8n,
  longestPauseBlocks: 512n,
  resendBlocks: 8n,
  maxLooks: 20,
};
