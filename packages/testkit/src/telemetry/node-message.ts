import { jsonOrNull } from '@watchbill/kit';

/** A block as a node names it. */
export interface ReportedBlock {
  readonly height: number;
  readonly hash: string;
}

/** The details that a node reports when it connects; a missing value is null. */
export interface ReportedDetails {
  readonly chain: string;
  readonly name: string;
  readonly implementation: string;
  readonly version: string;
  readonly networkId: string;
  readonly validator: string | null;
  readonly startupTimeMs: number | null;
  readonly sysinfo: Readonly<Record<string, unknown>> | null;
}

/** A message of a node that the server uses. `id` distinguishes the nodes of one connection. */
export type NodeReport =
  | { readonly kind: 'connected'; readonly genesisHash: string; readonly details: ReportedDetails }
  | {
      readonly kind: 'interval';
      readonly peers: number | null;
      readonly transactions: number | null;
      /** Bytes per second. */
      readonly upload: number | null;
      readonly download: number | null;
      readonly stateCacheBytes: number | null;
      readonly best: ReportedBlock | null;
      readonly finalised: ReportedBlock | null;
    }
  | { readonly kind: 'block'; readonly best: ReportedBlock }
  | { readonly kind: 'finalised'; readonly finalised: ReportedBlock }
  | { readonly kind: 'authority'; readonly authorityId: string }
  | { readonly kind: 'benchmark'; readonly scores: Readonly<Record<string, number | null>> }
  | { readonly kind: 'other'; readonly msg: string };

export interface NodeMessage {
  readonly id: number;
  readonly report: NodeReport;
}

type Fields = Readonly<Record<string, unknown>>;

const HASH = /^0x[0-9a-f]{64}$/i;
/** As the server has it: longer ids are refused. */
const LONGEST_NETWORK_ID = 64;
const SCORES = [
  'cpu_hashrate_score',
  'memory_memcpy_score',
  'disk_sequential_write_score',
  'disk_random_write_score',
] as const;

/**
 * Reads one message of a node: `{"id":…,"ts":…,"payload":{"msg":…}}`, or the older form with the payload at
 * the top. Null where it is malformed. Source of the wire form: sc-telemetry 33, sc-service 0.63, sc-sysinfo
 * 50.
 */
export function readNodeMessage(text: string): NodeMessage | null {
  const whole = fieldsOf(jsonOrNull(text));
  if (whole === null) return null;
  const payload = whole.payload === undefined ? whole : fieldsOf(whole.payload);
  const id = whole.payload === undefined ? 0 : naturalOf(whole.id);
  if (payload === null || id === null || typeof payload.msg !== 'string') return null;
  const report = reportOf(payload.msg, payload);
  return report === null ? null : { id, report };
}

function reportOf(msg: string, fields: Fields): NodeReport | null {
  switch (msg) {
    case 'system.connected':
      return connectedOf(fields);
    case 'system.interval':
      return intervalOf(fields);
    case 'block.import': {
      const best = blockOf(fields.best, fields.height);
      return best === null ? null : { kind: 'block', best };
    }
    case 'notify.finalized': {
      const finalised = blockOf(fields.best, Number(fields.height));
      return finalised === null ? null : { kind: 'finalised', finalised };
    }
    case 'afg.authority_set':
      return typeof fields.authority_id === 'string'
        ? { kind: 'authority', authorityId: fields.authority_id }
        : null;
    case 'sysinfo.hwbench':
      return {
        kind: 'benchmark',
        scores: Object.fromEntries(SCORES.map((name) => [name, numberOf(fields[name])])),
      };
    default:
      return { kind: 'other', msg };
  }
}

function connectedOf(fields: Fields): NodeReport | null {
  const { chain, name, implementation, version } = fields;
  const { genesis_hash: genesisHash, network_id: networkId } = fields;
  if (typeof chain !== 'string' || typeof name !== 'string') return null;
  if (typeof implementation !== 'string' || typeof version !== 'string') return null;
  if (typeof genesisHash !== 'string' || !HASH.test(genesisHash)) return null;
  if (typeof networkId !== 'string' || networkId.length > LONGEST_NETWORK_ID) return null;
  const sysinfo = fieldsOf(fields.sysinfo);
  const details: ReportedDetails = {
    ...{ chain, name, implementation, version, networkId },
    validator: typeof fields.validator === 'string' ? fields.validator : null,
    startupTimeMs: typeof fields.startup_time === 'string' ? naturalOf(Number(fields.startup_time)) : null,
    sysinfo,
  };
  return { kind: 'connected', genesisHash: genesisHash.toLowerCase(), details };
}

function intervalOf(fields: Fields): NodeReport {
  return {
    kind: 'interval',
    peers: naturalOf(fields.peers),
    transactions: naturalOf(fields.txcount),
    upload: numberOf(fields.bandwidth_upload),
    download: numberOf(fields.bandwidth_download),
    stateCacheBytes: numberOf(fields.used_state_cache_size),
    best: blockOf(fields.best, fields.height),
    finalised: blockOf(fields.finalized_hash, fields.finalized_height),
  };
}

function blockOf(hash: unknown, height: unknown): ReportedBlock | null {
  const number = naturalOf(height);
  if (typeof hash !== 'string' || !HASH.test(hash) || number === null) return null;
  return { hash: hash.toLowerCase(), height: number };
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function naturalOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
