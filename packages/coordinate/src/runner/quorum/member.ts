import { hexOf } from '@watchbill/chain';
import { type Clock, messageOf, systemClock } from '@watchbill/kit';
import type { ActionPlugin } from '../../actions/port.ts';
import type { Receipt } from '../../actions/receipt.ts';
import type { OperatorKey } from '../../keys/port.ts';
import { publicKeyText } from '../../keys/public-key-text.ts';
import { verifierBy } from '../../keys/verifier.ts';
import { decodeEvidence, type EvidenceKind, evidenceText } from '../../quorum/evidence.ts';
import { isExpiredMessage } from '../../quorum/expiry.ts';
import { quorumOf } from '../../quorum/group.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import { quorumRules } from '../../quorum/rules.ts';
import type { Note } from '../../rules.ts';
import type { Transport, TransportEvents, TransportGroup } from '../../transport/port.ts';
import { chainClock } from '../chain/chain-clock.ts';
import { FOLLOW_SETTINGS } from '../chain/follow-head.ts';
import { majorityNode } from '../chain/majority-node.ts';
import type { GroupFile } from '../group-file/read.ts';
import type { StateFolder } from '../records/open.ts';
import { runGroup } from '../run-group.ts';
import { inStateFolder, type RunSettings, watchedRecords, wireNotes } from '../run-settings.ts';
import { openHttp, type RunningHttp } from '../watch/http.ts';
import { narrator } from '../watch/lines.ts';
import { createMetrics } from '../watch/metrics.ts';
import { createView } from '../watch/view.ts';
import { createWaiting } from '../watch/waiting.ts';
import type { QuorumEvent } from '../watch/watch.ts';
import { type ExecutionProgress, executionProgress } from './execution-progress.ts';
import { quorumExecutor } from './executor.ts';
import { heightFeed } from './height-feed.ts';
import { judgesOf } from './judges.ts';
import { plansOf } from './plans.ts';
import { quorumProcedure } from './procedure.ts';
import { PROGRESS_FRAME } from './progress-codec.ts';

/** The parts of one member's process. */
export interface MemberSettings extends RunSettings {
  readonly file: GroupFile;
  readonly seat: number;
  readonly key: OperatorKey;
  /** See `QuorumSelf`. */
  readonly heldFrom?: bigint;
  /** Opens a transport of the group for this seat. */
  readonly openTransport: (group: TransportGroup, events: TransportEvents) => Promise<Transport>;
  readonly plugins: ReadonlyMap<string, ActionPlugin>;
  /** Settings of this operator by action; canonical JSON text. */
  readonly settings: ReadonlyMap<string, string>;
  /** Everything is open: the transport, and where the status is served (null if it is not). */
  readonly opened?: (transport: Transport, statusUrl: string | null) => void;
}

const DRAFT_TIMEOUT_MS = 6_000;
const FAULTS = [
  'equivocation',
  'forgotten-lock',
  'idleness',
  'impersonation',
  'invalid-content',
  'mistake',
] as const satisfies readonly EvidenceKind[];

/**
 * Runs one member of a group until the signal ends. Throws a `RunnerFault`, or the error that kept the
 * transport or the status page from listening.
 */
export async function runMember(settings: MemberSettings): Promise<void> {
  const { file, seat, key } = settings;
  const owner = { profile: 'quorum', group: hexOf(file.groupId), seat, key: publicKeyText(key) };
  await inStateFolder(settings, owner, { evidenceFile }, (state) => run(settings, state));
}

/** Evidence as a file that people can read. Bytes that are not evidence are stored unchanged. */
function evidenceFile(bytes: Uint8Array): Uint8Array {
  const evidence = decodeEvidence(bytes);
  return evidence === null ? bytes : Buffer.from(evidenceText(evidence));
}

async function run(settings: MemberSettings, state: StateFolder): Promise<void> {
  const { file, seat, key, plugins, signal, time = systemClock() } = settings;
  const { group, schedule, groupId } = file;
  const watching = watchers(settings, state, time);
  const { settled, verify } = verifierBy();
  const clock = clockOf(settings, watching.note, time);
  const feed = heightFeed(clock);
  const node = majorityNode(settings.nodes, watching.note);
  const action = { plugins, node, seat, settings: settings.settings, note: watching.note, time };
  const progress = executionProgress({
    members: group.members,
    domain: { genesis: group.genesis, groupId },
    seat,
    key,
    verify,
    kept: state.executions,
    broadcast: (frame) => watching.transport()?.broadcast(frame),
  });
  const records = watchedRecords(state, watching.receipt);
  const planOf = plansOf(group, schedule, clock);
  const { executions } = state;
  const kept = { records, executions };
  const executor = quorumExecutor({ ...action, ...kept, settled, verify, feed, progress, planOf });
  const procedure = quorumProcedure({
    ...action,
    isBusy: () => executor.isBusy(),
    draftTimeoutMs: DRAFT_TIMEOUT_MS,
  });
  const held = settings.heldFrom === undefined ? {} : { heldFrom: settings.heldFrom };
  const { silenced } = watching;
  const self = { group, schedule, seat, key, verify, judges: judgesOf(plugins), ...held, silenced };
  const rules = quorumRules(self);
  let head = 0n;
  const nameAt = (peer: number): string => group.members[peer]?.name ?? `seat ${peer}`;
  const transportGroup = { groupId, seat, members: transportMembers(file) };
  const open = (events: TransportEvents) => settings.openTransport(transportGroup, events);
  try {
    await runGroup(rules, { clock: feed.clock, procedure, executor, records }, open, {
      seats: group.members.length,
      signal,
      time,
      ...(settings.limits === undefined ? {} : { limits: settings.limits }),
      settled,
      aside: (frame) => frame.type === PROGRESS_FRAME && settled(() => watching.progress(progress, frame)),
      opened: (transport) => watching.opened(transport),
      wire: {
        ...wireNotes(nameAt, watching.note, progress.lost),
        isExpired: (frame) => isExpiredMessage({ group, schedule }, frame, head),
      },
      tell: (event) => {
        watching.tell(event);
        if (event.kind !== 'height') return;
        head = event.height;
        tellProgress(progress, event.height, watching.note);
      },
    });
  } finally {
    await watching.close();
  }
}

function clockOf({ file, nodes, follow }: MemberSettings, note: (note: Note) => void, time: Clock) {
  const { genesis, windows } = file.group;
  const jumpBlocks = windows.frequencyBlocks;
  return chainClock({
    ...{ nodes, genesis, jumpBlocks, note, time },
    ...(follow === undefined ? {} : { settings: follow }),
  });
}

/** If a report cannot be read or sent now, a later height sends it. */
function tellProgress(progress: ExecutionProgress, height: bigint, note: (note: Note) => void): void {
  try {
    progress.atHeight(height);
  } catch (error) {
    note({ code: 'progress-failed', text: messageOf(error) });
  }
}

function transportMembers({ group, addresses }: GroupFile): TransportGroup['members'] {
  return group.members.map(({ scheme, publicKey }, seat) => ({
    scheme,
    publicKey,
    seat,
    addresses: addresses[seat] ?? [],
  }));
}

/** All watchers: lines, counters, the status page. */
function watchers(settings: MemberSettings, state: StateFolder, time: Clock) {
  const { file, seat } = settings;
  const { group, groupId } = file;
  let transport: Transport | null = null;
  let http: Promise<RunningHttp> | null = null;
  const peers = () => transport?.peers() ?? [];
  const lines = narrator(settings.say);
  const stallMs = settings.follow?.stallMs ?? FOLLOW_SETTINGS.stallMs;
  const view = createView({ group, groupId, seat, peers, stallMs, time });
  const nodes = settings.nodes.map(({ address }) => address);
  const waiting = createWaiting({ group, status: view.status, nodes, stallMs, time, say: settings.say });
  const metrics = createMetrics({
    group: group.name,
    member: group.members[seat]?.name ?? '',
    names: group.members.map(({ name }) => name),
    quorum: quorumOf(group.members.length),
    actions: [...settings.plugins.keys()],
    faults: FAULTS,
    peers,
    refusals: () => transport?.refusals() ?? new Map(),
  });
  const opened = async (open: Transport): Promise<void> => {
    if (settings.http !== null)
      http = openHttp({ ...settings.http, groupId, schedule: windowSchedule(group), view, metrics, state });
    settings.opened?.(open, (await http)?.url ?? null);
    waiting.begin();
  };
  return {
    transport: () => transport,
    silenced: view.silenced,
    tell: (event: QuorumEvent): void => {
      for (const watch of [view.watch, metrics.watch, lines.watch]) watch(event);
      if (event.kind === 'height' || event.kind === 'stepped') waiting.look();
    },
    note: (note: Note): void => {
      for (const watch of [metrics, lines, view, waiting]) watch.note(note);
      waiting.look();
    },
    receipt: (window: bigint, receipt: Receipt): void => {
      metrics.receipt(receipt);
      lines.receipt(window, receipt);
    },
    progress: (book: ExecutionProgress, frame: Parameters<ExecutionProgress['take']>[0]): boolean => {
      const why = book.take(frame);
      if (why !== null) metrics.dropped(why);
      return true;
    },
    opened: (open: Transport): Promise<void> => {
      transport = open;
      return opened(open);
    },
    close: async (): Promise<void> => {
      waiting.close();
      await (await http)?.close();
    },
  };
}
