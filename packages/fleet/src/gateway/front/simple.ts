import { fits, isOnce, isSubscribing, isUnsafe, isUnsubscribing, matcher } from '../methods.ts';
import type { GatewaySettings, Tier } from '../settings.ts';

/**
 * Reads of polkadot-sdk stable2606 that a node answers by itself: asked twice they do nothing twice. Not here: what subscribes, what
 * submits, what is unsafe, and operations that a node keeps for a connection (`chainHead_*`).
 */
export const READS = [
  'account_nextIndex',
  'archive_v1_body',
  'archive_v1_call',
  'archive_v1_finalizedHeight',
  'archive_v1_genesisHash',
  'archive_v1_hashByHeight',
  'archive_v1_header',
  'beefy_getFinalizedHead',
  'chainSpec_v1_chainName',
  'chainSpec_v1_genesisHash',
  'chainSpec_v1_properties',
  'chain_getBlock',
  'chain_getBlockHash',
  'chain_getFinalizedHead',
  'chain_getHeader',
  'chain_getRuntimeVersion',
  'childstate_getStorage',
  'childstate_getStorageHash',
  'childstate_getStorageSize',
  'grandpa_proveFinality',
  'grandpa_roundState',
  'mmr_root',
  'payment_queryFeeDetails',
  'payment_queryInfo',
  'rpc_methods',
  'state_call',
  'state_getKeysPaged',
  'state_getMetadata',
  'state_getReadProof',
  'state_getRuntimeVersion',
  'state_getStorage',
  'state_getStorageHash',
  'state_getStorageSize',
  'state_queryStorageAt',
  'system_accountNextIndex',
  'system_chain',
  'system_chainType',
  'system_health',
  'system_name',
  'system_properties',
  'system_syncState',
  'system_version',
] as const;

/** Of {@link READS} those that a tier has and that cost 1: what the front may answer for it. */
export function simpleMethods({ methods }: Tier, costs: GatewaySettings['costs']): readonly string[] {
  const offers = matcher(methods);
  const dear = Object.keys(costs);
  return READS.filter(
    (method) =>
      offers(method) &&
      !dear.some((pattern) => fits(method, pattern)) &&
      !isUnsafe(method) &&
      !isOnce(method) &&
      !isSubscribing(method) &&
      !isUnsubscribing(method),
  );
}

const COLON = ': ?';
const COMMA = ', ?';
/** Printable ASCII but for the quote and the backslash: without escapes, text and meaning are one. */
const TEXT = '"[ !#-\\[\\]-~]*"';
const NUMBER = '(?:0|-?[1-9][0-9]{0,14})';
const VALUE = `(?:${TEXT}|${NUMBER}|true|false|null)`;
const listOf = (item: string) => `\\[(?:${item}(?:${COMMA}${item})*)?\\]`;
const PARAMS = listOf(`(?:${VALUE}|${listOf(VALUE)})`);
const ID = '(?:0|[1-9][0-9]{0,14}|"[0-9A-Za-z_.:-]{1,64}")';

/** Orders in which clients write the members: polkadot-api and jsonrpsee, polkadot.js, what people type. */
const ORDERS = [
  ['jsonrpc', 'id', 'method', 'params'],
  ['id', 'jsonrpc', 'method', 'params'],
  ['jsonrpc', 'method', 'params', 'id'],
  ['jsonrpc', 'id', 'method'],
  ['id', 'jsonrpc', 'method'],
  ['jsonrpc', 'method', 'id'],
] as const;

/**
 * Regular expressions, in the part of their language that PCRE and JavaScript share, for whole bodies that hold one request of one of the
 * methods. Every reader of JSON reads what fits one of them alike, and finds each member once.
 */
export function simpleBodies(methods: readonly string[]): readonly string[] {
  if (methods.length === 0) return [];
  const members: Readonly<Record<(typeof ORDERS)[number][number], string>> = {
    jsonrpc: '"2\\.0"',
    id: ID,
    method: `"(?:${methods.join('|')})"`,
    params: PARAMS,
  };
  return ORDERS.map(
    (order) => `^\\{${order.map((name) => `"${name}"${COLON}${members[name]}`).join(COMMA)}\\}$`,
  );
}
