/** Why bytes are not a coordination message, with an explanation. */
export const MESSAGE_REFUSALS = {
  'too-long': 'longer than a message can travel',
  malformed: 'no proto3 message',
  seat: 'a seat is at most 255',
  'key-hash-length': 'a key hash has 20 bytes',
  'no-proposal': 'the proposal is missing; keep-core encodes even an empty one',
  'action-range': 'an action is at most 255',
  'action-unknown': 'no action has this number',
  'payload-malformed': 'the proposal is not a proto3 message',
  'heartbeat-length': 'the message of a heartbeat has 16 bytes',
  'tx-hash-length': 'the hash of a transaction has 32 bytes',
  'target-wallet-length': 'the key hash of a target wallet has 20 bytes',
} as const;

export type MessageRefusal = keyof typeof MESSAGE_REFUSALS;

/** A value that was read, or the reason why there is none. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: MessageRefusal };

export function accepted<Value>(value: Value): Read<Value> {
  return { ok: true, value };
}

export function refused(refusal: MessageRefusal): { readonly ok: false; readonly refusal: MessageRefusal } {
  return { ok: false, refusal };
}
