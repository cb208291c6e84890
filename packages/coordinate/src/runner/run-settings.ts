import type { NodeRpc } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import type { Receipt } from '../actions/receipt.ts';
import type { Note } from '../rules.ts';
import type { TransportEvents } from '../transport/port.ts';
import type { FollowSettings } from './chain/follow-head.ts';
import type { RunLimits } from './group-events.ts';
import type { Records } from './ports.ts';
import type { RecordsOwner } from './records/database.ts';
import { openStateFolder, type Retention, type StateFolder, type StateOptions } from './records/open.ts';
import type { Line } from './watch/lines.ts';
import { refusalTeller } from './watch/refusals.ts';

/** The settings of one member's process, of any profile. */
export interface RunSettings {
  /** The first is the operator's own; see `chainClock`. */
  readonly nodes: readonly [NodeRpc, ...NodeRpc[]];
  readonly follow?: Partial<FollowSettings>;
  readonly stateFolder: string;
  readonly retention?: Retention;
  /** Null: no status is served. */
  readonly http: { readonly host: string; readonly port: number } | null;
  readonly say: (line: Line) => void;
  readonly limits?: Partial<RunLimits>;
  /** The clock of deadlines and pauses; the clock of this machine if left out. */
  readonly time?: Clock;
  readonly signal: AbortSignal;
}

/** Runs with the state folder, which is closed afterwards. Throws a `RunnerFault` if it cannot be opened. */
export async function inStateFolder(
  { retention, stateFolder }: RunSettings,
  owner: RecordsOwner,
  options: Pick<StateOptions, 'evidenceFile'>,
  run: (state: StateFolder) => Promise<void>,
): Promise<void> {
  const kept = retention === undefined ? {} : { retention };
  const state = await openStateFolder(stateFolder, owner, { ...kept, ...options });
  try {
    await run(state);
  } finally {
    state.close();
  }
}

/** The records of a state folder. `told` is called after each stored receipt. */
export function watchedRecords(
  state: StateFolder,
  told: (window: bigint, receipt: Receipt) => void,
): Records {
  return {
    loadCursor: () => state.loadCursor(),
    storeCursor: (text) => state.storeCursor(text),
    fault: (window, fault) => state.fault(window, fault),
    outcome: (outcome) => state.outcome(outcome),
    receipt: async (window, receipt) => {
      await state.receipt(window, receipt);
      told(window, receipt);
    },
  };
}

/** Notes about the connections to other members. */
export function wireNotes(
  nameAt: (seat: number) => string,
  note: (note: Note) => void,
  lost: (seat: number) => void = () => undefined,
): Omit<TransportEvents, 'arrived'> {
  return {
    connected: (peer) => note({ code: 'peer-connected', text: `${nameAt(peer)} is connected` }),
    disconnected: (peer) => {
      lost(peer);
      note({ code: 'peer-gone', text: `${nameAt(peer)} is gone` });
    },
    refused: refusalTeller(nameAt, note),
  };
}
