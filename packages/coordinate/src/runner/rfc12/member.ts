import { ethereumAddress, keyFromSecret } from '@watchbill/chain/keys';
import { type Clock, systemClock } from '@watchbill/kit';
import type { Receipt } from '../../actions/receipt.ts';
import type { Retransmission } from '../../retransmission.ts';
import { ACTIONS } from '../../rfc12/actions.ts';
import { FAULT_NUMBERS } from '../../rfc12/fault-kinds.ts';
import { memberOf } from '../../rfc12/member.ts';
import { seatsOf } from '../../rfc12/operators.ts';
import { rfc12Rules } from '../../rfc12/rules.ts';
import type { Note } from '../../rules.ts';
import type { Channel, ChannelSettings } from '../../transport/channel/channel.ts';
import { MAX_CHANNEL_PAYLOAD_BYTES } from '../../transport/channel/envelope.ts';
import type { TransportEvents } from '../../transport/port.ts';
import { chainClock } from '../chain/chain-clock.ts';
import { FOLLOW_SETTINGS } from '../chain/follow-head.ts';
import { heightFeed } from '../quorum/height-feed.ts';
import type { StateFolder } from '../records/open.ts';
import { runGroup } from '../run-group.ts';
import { inStateFolder, type RunSettings, watchedRecords, wireNotes } from '../run-settings.ts';
import { openHttp, type RunningHttp } from '../watch/http.ts';
import { createMetrics } from '../watch/metrics.ts';
import { rfc12Executor } from './executor.ts';
import { rfc12Procedure } from './generator.ts';
import type { Rfc12GroupFile } from './group-file.ts';
import { type Rfc12Event, rfc12Watch } from './watch.ts';

/** The parts of one operator's process of rfc12. */
export interface Rfc12MemberSettings extends RunSettings {
  readonly file: Rfc12GroupFile;
  /** The operator's secp256k1 secret, 32 bytes; it must be that of an operator of the group. */
  readonly secret: Uint8Array;
  readonly openChannel: (settings: ChannelSettings) => Promise<Channel>;
  /** Multiaddrs. */
  readonly listen: readonly string[];
  readonly retransmission: Retransmission;
  /** Programs with their arguments, see `rfc12Procedure` and `rfc12Executor`. */
  readonly generate: readonly string[] | null;
  readonly execute: readonly string[] | null;
  /** Everything is open: the channel, and where the status is served (null if it is not). */
  readonly opened?: (channel: Channel, statusUrl: string | null) => void;
}

/** Messages are up to 1 MiB, and a member has one for each window. */
const MESSAGES_PER_SEAT = 16;

/**
 * Runs one operator of a wallet until the signal ends. Throws a `RunnerFault`, or the reason why the
 * channel or the status cannot listen.
 */
export async function runRfc12Member(settings: Rfc12MemberSettings): Promise<void> {
  const { file } = settings;
  const operator = operatorOf(settings.secret);
  const seat = file.operators.indexOf(operator);
  if (seat < 0) throw new RangeError(`${operator} is not an operator of the group ${file.name}`);
  const group = Buffer.from(file.group.keyHash).toString('hex');
  const owner = { profile: 'rfc12', group, seat, key: operator };
  await inStateFolder(settings, owner, {}, (state) => run(settings, state, { operator, seat }));
}

/** The Ethereum address of an operator's secret. */
export function operatorOf(secret: Uint8Array): string {
  return ethereumAddress(keyFromSecret('secp256k1', secret).publicKey);
}

interface Place {
  readonly operator: string;
  /** Its place among the operators. */
  readonly seat: number;
}

async function run(settings: Rfc12MemberSettings, state: StateFolder, place: Place): Promise<void> {
  const { file, nodes, signal, time = systemClock() } = settings;
  const { genesis, group, operators, times } = file;
  const watching = watchers(settings, state, place, time);
  const { note } = watching.view;
  const jumpBlocks = times.windows.frequencyBlocks;
  const feed = heightFeed(
    chainClock({ nodes, genesis, jumpBlocks, note, time, settings: settings.follow ?? {} }),
  );
  const records = watchedRecords(state, watching.receipt);
  const executor = rfc12Executor({
    ...{ program: settings.execute, scale: times.scale, records, executions: state.executions },
    ...{ feed, note, time },
  });
  const { operator } = place;
  const procedure = rfc12Procedure({ file, operator, program: settings.generate, height: feed.latest });
  const member = memberOf(group, operator, file.eras);
  const { retransmission } = settings;
  const maxMessageBytes = MAX_CHANNEL_PAYLOAD_BYTES;
  const rules = rfc12Rules({ ...member, settings: { times, maxMessageBytes, retransmission } });
  const nameAt = (seat: number): string => operators[seat] ?? `operator ${seat}`;
  try {
    await runGroup(rules, { clock: feed.clock, procedure, executor, records }, watching.open, {
      seats: operators.length,
      signal,
      time,
      limits: { ...settings.limits, messagesPerSeat: MESSAGES_PER_SEAT },
      senderOf: nameAt,
      opened: watching.opened,
      wire: wireNotes(nameAt, note),
      tell: watching.tell,
    });
  } finally {
    await watching.close();
  }
}

/** The leader's message is the agreement; one operator that hears it is enough. */
const LEADER_AND_ONE = 2;

/** The channel, and all watchers: lines, counters, the status page. */
function watchers(settings: Rfc12MemberSettings, state: StateFolder, { operator, seat }: Place, time: Clock) {
  const { addresses, channel: name, group, name: groupName, operators } = settings.file;
  let [channel, planned]: [Channel | null, bigint] = [null, 0n];
  let http: RunningHttp | null = null;
  const peers = () => channel?.peers() ?? [];
  const schedule = settings.file.times.windows;
  const stallMs = settings.follow?.stallMs ?? FOLLOW_SETTINGS.stallMs;
  const view = rfc12Watch({
    ...{ file: settings.file, operator, seats: seatsOf(group, operator), peers, stallMs, time },
    ...{ peerId: () => channel?.peerId ?? null, say: settings.say },
  });
  const refusals = () => channel?.refusals() ?? new Map();
  const metrics = createMetrics({
    ...{ group: groupName, member: operator, names: operators, quorum: LEADER_AND_ONE, peers, refusals },
    actions: ACTIONS.map(({ name: action }) => action),
    faults: Object.keys(FAULT_NUMBERS).filter((kind) => kind !== 'unknown'),
  });
  const members = operators.map((each, place) => ({
    seat: place,
    operator: each,
    addresses: addresses[place] ?? [],
  }));
  return {
    view: {
      ...view,
      note: (note: Note) => {
        metrics.note(note);
        view.note(note);
      },
    },
    receipt: (window: bigint, receipt: Receipt) => {
      metrics.receipt(receipt);
      view.receipt(window, receipt);
    },
    open: async (events: TransportEvents) => {
      const { listen, secret } = settings;
      channel = await settings.openChannel({ name, group: { seat, members }, secret, events, listen });
      return channel;
    },
    opened: async () => {
      if (settings.http !== null)
        http = await openHttp({ ...settings.http, groupId: null, schedule, view, metrics, state });
      if (channel !== null) settings.opened?.(channel, http?.url ?? null);
    },
    tell: (event: Rfc12Event) => {
      if (event.kind === 'performed' && event.effect.kind === 'read-inputs') channel?.windowBegins();
      // A message that comes before the plan has no effect, so its repeats must be heard.
      const running = event.kind === 'stepped' ? event.state.running : null;
      if (running?.phase === 'procedure' && running.window.index !== planned) {
        planned = running.window.index;
        channel?.windowBegins();
      }
      metrics.count(event);
      view.watch(event);
    },
    close: async () => {
      await http?.close();
    },
  };
}
