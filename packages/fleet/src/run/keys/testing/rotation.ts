import { begunRotation, type KeySubmission, type Rotation } from '../record.ts';
import type { RotationFacts } from '../rotation.ts';

export const NEW = `0x${'aa'.repeat(64)}`;
export const OLD = `0x${'bb'.repeat(64)}`;
export const OTHER = `0x${'cc'.repeat(64)}`;
export const CALL = '0x0102';

/** A rotation whose keys were just made. */
export const BEGUN: Rotation = begunRotation({
  genesis: '0x00',
  stash: '0x01',
  node: 'ws://127.0.0.1:1',
  from: null,
  oldKeys: OLD,
  keys: NEW,
  proof: '0x',
});

export const BIRTH = 100;
export const PERIOD = 16;

/** Signed, and may land in blocks 101 to 115. */
export const SIGNED: KeySubmission = {
  to: 'asset-hub',
  chain: '0x02',
  account: '0x01',
  scheme: 'sr25519',
  nonce: 7,
  birth: BIRTH,
  birthHash: '0x03',
  period: PERIOD,
  call: CALL,
  payload: '0x04',
  extrinsic: '0x05',
  hash: '0x06',
  handed: 0,
  landed: null,
};

export const SUBMITTED: Rotation = { ...BEGUN, stage: 'submitted', submission: SIGNED };

/** The facts before any event. */
export const QUIET: RotationFacts = {
  height: 50,
  session: 5,
  nextKeys: OLD,
  holds: true,
  isAuthority: false,
  authored: null,
  submission: null,
};
