import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Clock } from '@watchbill/base';
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from './gen/rpc_pb.js';
import type { EtcdTls, Settings } from './options.ts';

/** One endpoint: a connection that opens when needed, and the services over it. */
export interface Member {
  /** Host and port, for messages. */
  readonly name: string;
  readonly session: Http2SessionManager;
  readonly kv: Client<typeof KV>;
  readonly lease: Client<typeof Lease>;
  readonly watch: Client<typeof Watch>;
  readonly auth: Client<typeof Auth>;
  readonly cluster: Client<typeof Cluster>;
  readonly maintenance: Client<typeof Maintenance>;
}

/**
 * Chooses the member for the next request: the same one for as long as it works, the next one if it fails or
 * lets calls wait.
 */
export interface Members {
  readonly all: readonly Member[];
  /** The member for the next attempt, leaving out those in `tried` unless all are. */
  pick(tried: ReadonlySet<Member>): Member;
  /** Bracket every call: `began`, then one of the three others. */
  began(member: Member): void;
  answered(member: Member): void;
  failed(member: Member): void;
  /** The caller gave up before the end, which gives no information about the member. */
  gaveUp(member: Member): void;
  close(): void;
}

interface State {
  restUntilMs: number;
  /** The calls that wait for an answer, and the time of the last answer; null if none waits. */
  waiting: number;
  silentSinceMs: number | null;
}

/** A failed member gets no calls for this time, unless all have failed. */
const REST_MS = 1_000;
/** A member that left every call without an answer for this time is passed over. */
const SILENT_MS = 500;
/**
 * HTTP/2 pings find a dead peer. etcd's gRPC server closes connections that ping more often than every 5 s
 * (`--grpc-keepalive-min-time`).
 */
const PING_INTERVAL_MS = 5_500;
const PING_TIMEOUT_MS = 2_000;

/** `first` is the index of the member to begin with. */
export function openMembers(settings: Settings, clock: Clock, first: number): Members {
  const all = settings.endpoints.map((url) => openMember(url, settings.tls));
  const states = new Map<Member, State>(
    all.map((member) => [member, { restUntilMs: Number.NEGATIVE_INFINITY, waiting: 0, silentSinceMs: null }]),
  );
  const stateOf = (member: Member): State => states.get(member) ?? unknownMember(member);
  let current = first % all.length;

  function usable(member: Member, nowMs: number): boolean {
    const { restUntilMs, silentSinceMs } = stateOf(member);
    return restUntilMs <= nowMs && (silentSinceMs === null || nowMs - silentSinceMs < SILENT_MS);
  }

  function ended(member: Member): State {
    const state = stateOf(member);
    state.waiting = Math.max(0, state.waiting - 1);
    state.silentSinceMs = state.waiting === 0 ? null : state.silentSinceMs;
    return state;
  }

  return {
    all,
    pick: (tried) => {
      const nowMs = clock.monotonicMs();
      const inOrder = [...all.slice(current), ...all.slice(0, current)];
      const fresh = inOrder.filter((member) => !tried.has(member));
      const candidates = fresh.length > 0 ? fresh : inOrder;
      const picked = candidates.find((member) => usable(member, nowMs)) ?? soonest(candidates, stateOf);
      if (usable(picked, nowMs)) current = all.indexOf(picked);
      return picked;
    },
    began: (member) => {
      const state = stateOf(member);
      state.waiting += 1;
      state.silentSinceMs ??= clock.monotonicMs();
    },
    answered: (member) => {
      const state = ended(member);
      state.restUntilMs = Number.NEGATIVE_INFINITY;
      if (state.silentSinceMs !== null) state.silentSinceMs = clock.monotonicMs();
    },
    failed: (member) => {
      ended(member).restUntilMs = clock.monotonicMs() + REST_MS;
    },
    gaveUp: (member) => {
      ended(member);
    },
    close: () => {
      for (const member of all) member.session.abort();
    },
  };
}

function soonest(candidates: readonly Member[], stateOf: (member: Member) => State): Member {
  const [first, ...others] = candidates;
  if (first === undefined) throw new Error('no etcd endpoint is configured');
  return others.reduce(
    (best, member) => (stateOf(member).restUntilMs < stateOf(best).restUntilMs ? member : best),
    first,
  );
}

function unknownMember(member: Member): never {
  throw new Error(`${member.name} is not a member of this store`);
}

/**
 * A manager whose connections always have a listener for errors. The library's manager removes its listeners
 * when it leaves a connection, even from one that has yet to report why it ended (GOAWAY without open streams
 * does that). That report would then end the process.
 */
class HeardSessions extends Http2SessionManager {
  readonly #heard = new WeakSet<object>();

  override async request(
    ...question: Parameters<Http2SessionManager['request']>
  ): ReturnType<Http2SessionManager['request']> {
    const stream = await super.request(...question);
    const { session } = stream;
    if (session !== undefined && !this.#heard.has(session)) {
      this.#heard.add(session);
      // The manager and the streams report it if it matters.
      session.on('error', () => {});
    }
    return stream;
  }
}

/**
 * The session manager opens a new connection only before a request has a stream; it never sends a request
 * twice (`Http2SessionManager.request` repeats only if Node refused to open the stream).
 */
function openMember(url: URL, tls: EtcdTls | null): Member {
  const nodeOptions = tls === null ? {} : { ...tls };
  const ping = { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS };
  const session = new HeardSessions(url.origin, ping, nodeOptions);
  const transport = createGrpcTransport({
    baseUrl: url.origin,
    sessionManager: session,
    acceptCompression: [],
  });
  return {
    name: url.host,
    session,
    kv: createClient(KV, transport),
    lease: createClient(Lease, transport),
    watch: createClient(Watch, transport),
    auth: createClient(Auth, transport),
    cluster: createClient(Cluster, transport),
    maintenance: createClient(Maintenance, transport),
  };
}
