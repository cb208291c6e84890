import { jsonOrNull } from '@watchbill/kit';

/** The details that a node reports when it connects; a missing value is null. */
export interface ReportedDetails {
  readonly chain: string;
  readonly name: string;
  readonly implementation: string;
  readonly version: string;
  readonly networkId: string;
  readonly startupTimeMs: number | null;
}

/** A message of a node. `id` distinguishes the nodes of one connection. */
export type NodeMessage = { readonly id: number } & (
  | { readonly kind: 'connected'; readonly genesisHash: string; readonly details: ReportedDetails }
  | { readonly kind: 'authority'; readonly authorityId: string }
  | { readonly kind: 'other' }
);

type Fields = Readonly<Record<string, unknown>>;

const HASH = /^0x[0-9a-f]{64}$/;

/**
 * Reads one message of a node: `{"id":…,"ts":…,"payload":{"msg":…}}`. Null where it is malformed. Source of
 * the wire form: sc-telemetry 33, sc-service 0.63.
 */
export function readNodeMessage(text: string): NodeMessage | null {
  const whole = fieldsOf(jsonOrNull(text));
  const payload = fieldsOf(whole?.payload);
  if (payload === null || typeof whole?.id !== 'number' || typeof payload.msg !== 'string') return null;
  const { id } = whole;
  switch (payload.msg) {
    case 'system.connected':
      return connectedOf(id, payload);
    case 'afg.authority_set':
      return typeof payload.authority_id === 'string'
        ? { id, kind: 'authority', authorityId: payload.authority_id }
        : null;
    default:
      return { id, kind: 'other' };
  }
}

function connectedOf(id: number, fields: Fields): NodeMessage | null {
  const { chain, name, implementation, version, startup_time: startup } = fields;
  const { genesis_hash: genesisHash, network_id: networkId } = fields;
  if (typeof chain !== 'string' || typeof name !== 'string' || typeof networkId !== 'string') return null;
  if (typeof implementation !== 'string' || typeof version !== 'string') return null;
  if (typeof genesisHash !== 'string' || !HASH.test(genesisHash)) return null;
  const startupTimeMs = typeof startup === 'string' ? Number(startup) : null;
  const details = { chain, name, implementation, version, networkId, startupTimeMs };
  return { id, kind: 'connected', genesisHash, details };
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? (value as Fields) : null;
}
