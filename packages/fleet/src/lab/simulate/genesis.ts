import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { exactNumber } from './exact-json.ts';
import type { Simulation } from './schema.ts';

/** Why a genesis could not be made. */
export class GenesisFault extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'GenesisFault';
    this.remedy = remedy;
  }
}

/** Merges according to RFC 7396: sections into sections, null removes a key, other values are replaced. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, Json> = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  return merged;
}

/** Whether a specification holds raw storage, which settings of pallets cannot change. */
export function isRaw(spec: JsonRecord): boolean {
  return isRecord(spec.genesis) && isRecord(spec.genesis.raw);
}

/** Address of each node's account, by name. */
export type Accounts = ReadonlyMap<string, string>;

/**
 * A plain specification with the settings of the simulation in its genesis: balances of nodes, channels, and
 * its own patch, which wins. Throws a {@link GenesisFault} if the genesis has no place for it.
 */
export function withGenesis(spec: JsonRecord, simulation: Simulation, accounts: Accounts): JsonRecord {
  const { genesis } = spec;
  const inner = isRecord(genesis) && isRecord(genesis.runtimeGenesis) ? genesis.runtimeGenesis : null;
  const key = inner === null ? null : (['patch', 'config'] as const).find((name) => isRecord(inner[name]));
  if (!isRecord(genesis) || inner === null || key === null || key === undefined)
    throw new GenesisFault(
      'the specification has no genesis that can be changed',
      'give a plain one: genesis.runtimeGenesis with patch or config in it. A raw one is run as it is',
    );
  const before = inner[key] as JsonRecord;
  const own = (simulation.relay.genesis ?? {}) as JsonRecord;
  const after = mergePatch(withChannels(withBalances(before, simulation, accounts), simulation), own);
  return { ...spec, genesis: { ...genesis, runtimeGenesis: { ...inner, [key]: after } } };
}

/** Whether the genesis of the specification has to be changed at all. */
export function changesGenesis({ relay, hrmp }: Simulation): boolean {
  return (
    relay.genesis !== undefined || hrmp.length > 0 || relay.nodes.some(({ balance }) => balance !== undefined)
  );
}

function withBalances(patch: JsonRecord, { relay }: Simulation, accounts: Accounts): JsonRecord {
  const wanted = relay.nodes.flatMap(({ name, balance }) =>
    balance === undefined ? [] : [[accounts.get(name) ?? '', exactNumber(String(balance))] as const],
  );
  if (wanted.length === 0) return patch;
  const section = patch.balances;
  const list = isRecord(section) ? section.balances : undefined;
  if (!isRecord(section) || !Array.isArray(list))
    throw new GenesisFault(
      'the genesis has no list of balances',
      'remove balance from the nodes, and write balances in the form of this runtime under relay.genesis',
    );
  const mine = new Set(wanted.map(([account]) => account));
  const others = list.filter((entry) => !(Array.isArray(entry) && mine.has(String(entry[0]))));
  return { ...patch, balances: { ...section, balances: [...others, ...wanted.map((entry) => [...entry])] } };
}

function withChannels(patch: JsonRecord, { hrmp }: Simulation): JsonRecord {
  if (hrmp.length === 0) return patch;
  if (!isRecord(patch.hrmp))
    throw new GenesisFault(
      'the genesis has no pallet hrmp: this chain opens no channels between parachains',
      'remove hrmp, or use the specification of a relay chain',
    );
  const channels = hrmp.map(({ sender, recipient, maxCapacity, maxMessageSize }) => [
    sender,
    recipient,
    maxCapacity,
    maxMessageSize,
  ]);
  return { ...patch, hrmp: { ...patch.hrmp, preopenHrmpChannels: channels } };
}
