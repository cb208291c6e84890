import { connectNode, genesisHash, type NodeRpc } from '@watchbill/chain';
import { ROLE_LIMITS } from '@watchbill/chain/reading';
import type { Clock } from '@watchbill/kit';
import type { ProgrammeSettings, ProgrammeWorld } from '../jobs/job-ports.ts';
import { threadDesk } from '../jobs/thread/desk.ts';
import { telemetryMemory, watchedNow } from '../jobs/work/telemetry.ts';
import { type Channel, deliver, type Fetch } from '../notify/index.ts';
import { releaseFeed } from '../releases/feed.ts';
import { kusamaSource } from '../releases/kusama.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { StoreSetting } from '../storage/open.ts';
import type { ProgrammeStore } from '../storage/port.ts';
import { type Telemetry, watchTelemetry } from '../telemetry/index.ts';
import type { TransactionEvent, TransactionSigner } from '../transactions/index.ts';
import { chainReader, openRoles, type RoleNodes } from './chains.ts';
import type { ServiceConfig } from './config.ts';
import { pageFetcher, readText, ServiceFault, textFetcher } from './files.ts';
import { placesOf } from './places.ts';
import { recordedChain } from './recorded.ts';
import { openSending, type Previewing } from './sending.ts';

export interface WorldParts {
  readonly config: ServiceConfig;
  readonly dir: string;
  readonly store: ProgrammeStore;
  readonly settings: ProgrammeSettings;
  /** For a programme that plays a recorded snapshot. */
  readonly recorded: Snapshot | null;
  readonly signers: ReadonlyMap<string, TransactionSigner>;
  readonly channels: readonly Channel[];
  readonly fetch: Fetch;
  /** The database of `store`, for threads. */
  readonly database: StoreSetting;
  /** Its wall time is the time of the programme. */
  readonly clock: Clock;
  readonly tell: (event: TransactionEvent) => void;
}

export interface EndpointSeen {
  readonly role: string;
  readonly name: string;
  readonly connected: boolean;
  readonly height: bigint | null;
  readonly atMs: number | null;
}

export interface OpenWorld extends ProgrammeWorld {
  /** Null if no transaction can be sent. */
  readonly preview: Previewing | null;
  readonly endpoints: () => readonly EndpointSeen[];
  readonly feeds: () => readonly {
    readonly name: string;
    readonly connected: boolean;
    readonly sinceMs: number | null;
  }[];
  readonly close: () => Promise<void>;
}

const CALL_MS = 30_000;

/** The configured world: everything outside of the database. Rejects with a {@link ServiceFault}. */
export async function openWorld(parts: WorldParts): Promise<OpenWorld> {
  const { config, dir, store, channels, clock } = parts;
  const fetchText = textFetcher(parts.fetch);
  const candidates = listOf(config, dir, fetchText);
  const outside: Outside = {
    places: placesOf(config, dir, clock),
    candidates,
    releases: config.releases.length === 0 ? null : releaseFeed(config.releases, fetchText),
    kusama: config.kusama === null ? null : kusamaSource(config.kusama, pageFetcher(parts.fetch), clock),
    deliver: (signal: AbortSignal) => deliver(store, channels, clock.nowMs, signal),
    desk: threadDesk(store, parts.settings.modules, parts.database),
  };
  try {
    if ('recorded' in config.chains) return await recordedWorld(parts, outside, config.chains);
    return await chainWorld(parts, outside, config.chains);
  } catch (error) {
    await outside.places?.close();
    throw error;
  }
}

/**
 * Reads the candidate list. Throws a {@link ServiceFault} for http:// without `allowHttp`; a redirect to it
 * fails when the list is read.
 */
function listOf(
  { candidates: { source, allowHttp } }: ServiceConfig,
  dir: string,
  fetchText: ReturnType<typeof textFetcher>,
): OpenWorld['candidates'] {
  if (!/^https?:\/\//.test(source)) return () => readText(dir, source);
  if (!allowHttp && source.startsWith('http://'))
    throw new ServiceFault(
      '`candidates.source` begins with http://, so anyone on the way can change the list',
      'write https://, or `allowHttp: true` under `candidates`',
      'list-over-http',
    );
  return (signal) => fetchText(source, signal, allowHttp);
}

type Outside = Pick<OpenWorld, 'candidates' | 'releases' | 'kusama' | 'places' | 'deliver' | 'desk'>;

type Recorded = Extract<ServiceConfig['chains'], { readonly recorded: string }>;

/** A recorded programme may listen to telemetry too, for the places of nodes. */
async function recordedWorld(
  parts: WorldParts,
  outside: Outside,
  { eraSeconds, genesis }: Recorded,
): Promise<OpenWorld> {
  const { recorded, clock, config, settings } = parts;
  if (recorded === null || config.send)
    throw new ServiceFault(
      'a recorded chain accepts no transactions',
      config.send ? 'write `send: false`, or name endpoints under `chains`' : 'name endpoints under `chains`',
    );
  const telemetry = genesis === undefined ? null : await telemetryOf(parts, async () => genesis);
  return {
    ...outside,
    chain: recordedChain(
      recorded,
      { eraMs: eraSeconds * 1_000, everyEras: settings.programme.round.everyEras },
      clock.nowMs,
    ),
    telemetry,
    transactions: null,
    preview: null,
    delayOf: async () => 0,
    endpoints: () => [],
    feeds: () => feedsOf(telemetry),
    close: async () => {
      await telemetry?.close();
      await outside.places?.close();
    },
  };
}

type Chains = Exclude<ServiceConfig['chains'], { readonly recorded: string }>;

async function chainWorld(parts: WorldParts, outside: Outside, chains: Chains): Promise<OpenWorld> {
  const { config, store, settings, clock, signers, tell } = parts;
  const nodes = connectRoles(chains, clock);
  const all = [...new Set(Object.values(nodes).flat())];
  const closeNodes = async (): Promise<void> => {
    for (const node of all) node.close();
  };
  try {
    const callMs = chains.callSeconds * 1_000;
    const roles = openRoles(nodes, chains.genesis, clock, {
      probeTimeoutMs: Math.max(ROLE_LIMITS.probeTimeoutMs, callMs / 2),
    });
    const genesis = config.send
      ? (chains.genesis.staking ?? (await firstGenesis(nodes.staking, 'staking')))
      : null;
    const sending =
      genesis === null
        ? null
        : openSending({
            store,
            settings,
            nodes: nodes.staking,
            clock,
            genesis,
            signers,
            tell,
            callMs,
          });
    const telemetry = await telemetryOf(parts, relayGenesis(chains, nodes));
    return {
      ...outside,
      chain: chainReader(roles, clock.nowMs),
      telemetry,
      transactions: sending?.runner ?? null,
      preview: sending?.preview ?? null,
      delayOf: sending?.delayOf ?? (async () => 0),
      endpoints: () =>
        Object.entries(roles).flatMap(([role, { health }]) =>
          health().map(({ address, standing, finalized, answeredMs }) => ({
            role,
            name: hostOf(address),
            connected: standing === 'fit' || standing === 'behind',
            height: finalized === null ? null : BigInt(finalized),
            atMs: answeredMs,
          })),
        ),
      feeds: () => feedsOf(telemetry),
      close: async () => {
        sending?.runner.close();
        await telemetry?.close();
        await outside.places?.close();
        for (const role of new Set(Object.values(roles))) role.close();
        await closeNodes();
      },
    };
  } catch (error) {
    await closeNodes();
    throw error;
  }
}

function relayGenesis({ genesis }: Chains, { relay }: RoleNodes): () => Promise<string> {
  return async () => genesis.relay ?? (await firstGenesis(relay, 'relay'));
}

/** One connection per address, for all roles that it serves. */
function connectRoles({ staking, relay, identity, callSeconds }: Chains, clock: Clock): RoleNodes {
  const made = new Map<string, NodeRpc>();
  const timeoutMs = Math.max(CALL_MS, callSeconds * 1_000);
  const nodeOf = (url: string): NodeRpc => {
    const node = made.get(url) ?? connectNode(url, { timeoutMs, clock });
    made.set(url, node);
    return node;
  };
  return {
    staking: staking.map(nodeOf),
    relay: (relay ?? staking).map(nodeOf),
    identity: (identity ?? staking).map(nodeOf),
  };
}

/** Hash of block 0, from the first endpoint that answers. Rejects with a {@link ServiceFault}. */
export async function firstGenesis(nodes: readonly NodeRpc[], role: 'staking' | 'relay'): Promise<string> {
  for (const node of nodes) {
    const found = await genesisHash(node).catch(() => null);
    if (found !== null) return found;
  }
  throw new ServiceFault(
    `no endpoint of the ${role} chain answers`,
    role === 'staking'
      ? 'start one of them, or set `chains.genesis.staking`'
      : 'start one of them, set `chains.genesis.relay`, or remove the feeds under `telemetry`',
  );
}

async function telemetryOf(
  { config, store, clock }: WorldParts,
  genesis: () => Promise<string>,
): Promise<Telemetry | null> {
  if (config.telemetry.length === 0) return null;
  const memory = await telemetryMemory(store);
  return watchTelemetry({
    sources: config.telemetry,
    genesisHash: await genesis(),
    // Watches the stored candidates from the first message of a feed on, so that a node that disconnects
    // before the first job is noticed.
    watched: await watchedNow(store),
    nowMs: clock.nowMs,
    ...(memory === null ? {} : { memory }),
  });
}

function feedsOf(telemetry: Telemetry | null): ReturnType<OpenWorld['feeds']> {
  return (telemetry?.report().sources ?? []).map(({ name, state, sinceMs }) => ({
    name,
    connected: state !== 'down',
    sinceMs,
  }));
}

/** Addresses may contain keys in their paths. */
function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : 'an endpoint';
}
