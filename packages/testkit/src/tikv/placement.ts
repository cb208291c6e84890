/** PD's view of the cluster, over HTTP. Asks the members in turn; null if none answers. */
export interface Placement {
  /** Name of the PD that leads. */
  leaderName(): Promise<string | null>;
  regions(): Promise<readonly Region[] | null>;
  /** Address and id of each store that PD counts as up. */
  storesUp(): Promise<ReadonlyMap<number, string> | null>;
  /**
   * Removes the rule that keeps regions at the borders of keyspaces from getting replicas; false if it does
   * not exist.
   */
  dropKeyspaceRule(): Promise<boolean>;
  /** Request another leader of a region; it changes a moment later. */
  moveLeader(regionId: number, storeId: number): Promise<boolean>;
}

export interface Region {
  readonly id: number;
  /** Encoded as PD keeps keys, in hex; the empty text is the end of the key space. */
  readonly startKey: string;
  readonly endKey: string;
  /** Store that leads; null if PD knows none. */
  readonly leaderStore: number | null;
  readonly peers: readonly { readonly storeId: number; readonly voter: boolean; readonly pending: boolean }[];
}

interface RegionAnswer {
  readonly id: number;
  readonly start_key: string;
  readonly end_key: string;
  readonly leader?: { readonly store_id?: number };
  readonly peers?: readonly { readonly store_id: number; readonly role_name: string; readonly id: number }[];
  readonly pending_peers?: readonly { readonly id: number }[];
}

const TIMEOUT_MS = 1_500;

export function placementOf(addresses: () => readonly string[]): Placement {
  /** The text of the first good answer. */
  async function say(path: string, init: RequestInit = {}): Promise<string | null> {
    for (const address of addresses()) {
      try {
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const answer = await fetch(`http://${address}/pd/api/v1/${path}`, { ...init, signal });
        const text = await answer.text();
        if (answer.ok) return text;
      } catch {
        // The next one may answer.
      }
    }
    return null;
  }
  async function ask<T>(path: string): Promise<T | null> {
    const text = await say(path);
    return text === null ? null : (JSON.parse(text) as T);
  }
  return {
    leaderName: async () => (await ask<{ name?: string }>('leader'))?.name ?? null,
    regions: async () =>
      (await ask<{ regions?: readonly RegionAnswer[] }>('regions'))?.regions?.map(regionOf) ?? null,
    storesUp: async () => {
      const answer = await ask<{ stores?: readonly StoreAnswer[] }>('stores');
      if (answer?.stores === undefined) return null;
      const up = answer.stores.filter(({ store }) => store.state_name === 'Up');
      return new Map(up.map(({ store }) => [store.id, store.address]));
    },
    dropKeyspaceRule: async () =>
      (await say('config/region-label/rule/keyspaces%2F0', { method: 'DELETE' })) !== null,
    moveLeader: async (regionId, storeId) => {
      const body = JSON.stringify({ name: 'transfer-leader', region_id: regionId, to_store_id: storeId });
      return (await say('operators', { method: 'POST', body })) !== null;
    },
  };
}

interface StoreAnswer {
  readonly store: { readonly id: number; readonly address: string; readonly state_name: string };
}

function regionOf(answer: RegionAnswer): Region {
  const pending = new Set(answer.pending_peers?.map(({ id }) => id));
  return {
    id: answer.id,
    startKey: answer.start_key,
    endKey: answer.end_key,
    leaderStore: answer.leader?.store_id ?? null,
    peers: (answer.peers ?? []).map((peer) => ({
      storeId: peer.store_id,
      voter: peer.role_name === 'Voter',
      pending: pending.has(peer.id),
    })),
  };
}

const GROUP_BYTES = 8;

/**
 * A key as PD keeps it: groups of eight bytes, each followed by 255 minus the number of bytes that fill it
 * up. In hex.
 */
export function placementKey(key: string): string {
  const bytes = Buffer.from(key);
  const groups: Buffer[] = [];
  for (let at = 0; at <= bytes.length; at += GROUP_BYTES) {
    const group = Buffer.alloc(GROUP_BYTES + 1);
    const length = bytes.copy(group, 0, at, at + GROUP_BYTES);
    group[GROUP_BYTES] = 0xff - (GROUP_BYTES - length);
    groups.push(group);
  }
  return Buffer.concat(groups).toString('hex').toUpperCase();
}

/** Whether a key, as {@link placementKey} gives it, lies in a region. */
export function holdsKey(region: Region, key: string): boolean {
  return region.startKey <= key && (region.endKey === '' || key < region.endKey);
}

/** Whether so many stores hold it, each with a vote and none behind. */
export function isWhole({ peers }: Region, voters: number): boolean {
  return peers.length === voters && peers.every(({ voter, pending }) => voter && !pending);
}
