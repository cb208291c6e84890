import { hexOf } from '../scale/hex.ts';
import { storageKey } from '../scale/storage-key.ts';
import type { FakeAnswer } from './fake-node.ts';

/** The visible state of a chain. */
export interface FakeChainState {
  readonly genesis: string;
  /** Number of the finalised block. */
  readonly finalized: number;
  readonly setId: number;
  readonly round: number;
  /** The set that finalised the head, by the runtime; null if the runtime has no GRANDPA. */
  readonly finalizedBy: number | null;
  readonly session: number | null;
  readonly beefy: number | null;
  readonly syncing: boolean;
}

export interface FakeChain {
  /** Answers for a fake node; they follow what is set. */
  readonly answers: Readonly<Record<string, FakeAnswer>>;
  readonly set: (changes: Partial<FakeChainState>) => void;
}

const GENESIS = `0x${'91'.repeat(32)}`;

/** A chain without stored blocks: only the values that an observer reads. */
export function fakeChain(given: Partial<FakeChainState> = {}): FakeChain {
  const start = {
    genesis: GENESIS,
    finalized: 1,
    setId: 0,
    round: 1,
    finalizedBy: 0,
    session: 7,
    beefy: 9,
    syncing: false,
  };
  let state: FakeChainState = { ...start, ...given };
  const blockHash = (number: number): string => `0x${number.toString(16).padStart(64, '0')}`;
  const header = (number: number) => ({
    number: `0x${number.toString(16)}`,
    parentHash: blockHash(Math.max(0, number - 1)),
    stateRoot: GENESIS,
    extrinsicsRoot: GENESIS,
    // The slot of Aura is the number.
    digest: { logs: [`0x066175726120${littleEndian(number, 8).slice(2)}`] },
  });
  const stored = (key: unknown): string | null => {
    if (key === storageKey('Session', 'CurrentIndex'))
      return state.session === null ? null : littleEndian(state.session, 4);
    if (key === storageKey('Beefy', 'ValidatorSetId'))
      return state.beefy === null ? null : littleEndian(state.beefy, 8);
    return null;
  };
  const voterRound = () => ({
    round: state.round,
    totalWeight: 4,
    thresholdWeight: 3,
    prevotes: { currentWeight: 0, missing: [] },
    precommits: { currentWeight: 0, missing: [] },
  });
  return {
    set: (changes) => {
      state = { ...state, ...changes };
    },
    answers: {
      chain_getBlockHash: ([number]) => (number === 0 ? state.genesis : blockHash(state.finalized)),
      chain_getFinalizedHead: () => blockHash(state.finalized),
      chain_getHeader: ([hash]) => header(Number(BigInt(String(hash)))),
      grandpa_roundState: () => ({ setId: state.setId, best: voterRound(), background: [] }),
      system_health: () => ({ peers: 3, isSyncing: state.syncing, shouldHavePeers: true }),
      state_getStorage: ([key]) => stored(key),
      state_call: ([api, , at]) => {
        if (api !== 'GrandpaApi_current_set_id' || state.finalizedBy === null)
          throw new Error(`no ${String(api)}`);
        if (at !== blockHash(state.finalized - 1)) throw new Error('asked at another block');
        return littleEndian(state.finalizedBy, 8);
      },
    },
  };
}

function littleEndian(value: number, length: 4 | 8): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return hexOf(bytes.subarray(0, length));
}
