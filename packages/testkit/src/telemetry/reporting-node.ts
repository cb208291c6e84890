import type { NodeReport, ReportedBlock, ReportedDetails } from './node-message.ts';

/** The place of a node, which a server finds by the address of the node. */
export interface NodePlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** A node as the server knows it. */
export interface ReportingNode {
  readonly details: ReportedDetails;
  readonly ip: string;
  validator: string | null;
  readonly stats: { peers: number; transactions: number };
  readonly hardware: { readonly upload: number[]; readonly download: number[]; readonly stampsMs: number[] };
  readonly stateCache: number[];
  best: ReportedBlock;
  /** When its best block came, between which and the one before it `blockTimeMs` passed. */
  bestAtMs: number;
  blockTimeMs: number;
  propagationMs: number | null;
  finalised: ReportedBlock;
  stale: boolean;
  location: NodePlace | null;
  scores: Readonly<Record<string, number | null>> | null;
}

const NO_BLOCK: ReportedBlock = { height: 0, hash: `0x${'0'.repeat(64)}` };
/** Values that are kept of each figure over time. */
const KEPT = 20;

export function reportingNode(details: ReportedDetails, ip: string, atMs: number): ReportingNode {
  return {
    ...{ details, ip, validator: details.validator },
    stats: { peers: 0, transactions: 0 },
    hardware: { upload: [], download: [], stampsMs: [] },
    stateCache: [],
    ...{ best: NO_BLOCK, bestAtMs: atMs, blockTimeMs: 0, propagationMs: null, finalised: NO_BLOCK },
    ...{ stale: false, location: null, scores: null },
  };
}

/**
 * The payload of AddedNode. Address, machine and benchmark are hidden unless the server is set to show them.
 */
export function addedNodePayload(id: number, node: ReportingNode, exposed: boolean): readonly unknown[] {
  const { name, implementation, version, networkId, startupTimeMs, sysinfo } = node.details;
  const [ip, machine, scores] = exposed ? [node.ip, sysinfo, node.scores] : [null, null, null];
  return [
    id,
    [name, implementation, version, node.validator, networkId, ip, machine],
    statsPayload(node),
    ioPayload(node),
    hardwarePayload(node),
    blockPayload(node),
    node.location === null ? null : placePayload(node.location),
    startupTimeMs,
    scores,
  ];
}

export function placePayload({ latitude, longitude, city }: NodePlace): readonly unknown[] {
  return [latitude, longitude, city];
}

export function statsPayload({ stats }: ReportingNode): readonly unknown[] {
  return [stats.peers, stats.transactions];
}

export function ioPayload({ stateCache }: ReportingNode): readonly unknown[] {
  return [[...stateCache]];
}

export function hardwarePayload({ hardware }: ReportingNode): readonly unknown[] {
  return [[...hardware.upload], [...hardware.download], [...hardware.stampsMs]];
}

export function blockPayload(node: ReportingNode): readonly unknown[] {
  return [node.best.height, node.best.hash, node.blockTimeMs, node.bestAtMs, node.propagationMs];
}

/** Takes over the figures of an interval. Answers which of them changed. */
export function takeInterval(
  node: ReportingNode,
  report: Extract<NodeReport, { kind: 'interval' }>,
  atMs: number,
): { readonly stats: boolean; readonly hardware: boolean; readonly io: boolean } {
  const { peers, transactions, upload, download, stateCacheBytes } = report;
  const stats =
    (peers !== null && peers !== node.stats.peers) ||
    (transactions !== null && transactions !== node.stats.transactions);
  node.stats.peers = peers ?? node.stats.peers;
  node.stats.transactions = transactions ?? node.stats.transactions;
  const hardware = upload !== null || download !== null;
  if (upload !== null) keep(node.hardware.upload, upload);
  if (download !== null) keep(node.hardware.download, download);
  if (hardware) keep(node.hardware.stampsMs, atMs);
  if (stateCacheBytes !== null) keep(node.stateCache, stateCacheBytes);
  return { stats, hardware, io: stateCacheBytes !== null };
}

function keep(list: number[], value: number): void {
  list.push(value);
  if (list.length > KEPT) list.shift();
}
