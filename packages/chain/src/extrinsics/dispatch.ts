import { isRecord } from '@watchbill/kit';
import { type Json, jsonMember } from './json.ts';

/** The result of an extrinsic in its block. */
export type DispatchResult =
  | { readonly result: 'ok' }
  /** `Pallet.Error`, or the kind of error; `inner` if the extrinsic succeeded and a call inside it failed. */
  | { readonly result: 'failed'; readonly error: string; readonly inner: boolean };

/** Events about calls inside, by their member that holds a result or an error. */
const INNER: ReadonlyMap<string, string> = new Map([
  ['Proxy.ProxyExecuted', 'result'],
  ['Multisig.MultisigExecuted', 'result'],
  ['Sudo.Sudid', 'sudo_result'],
  ['Sudo.SudoAsDone', 'sudo_result'],
  ['Utility.DispatchedAs', 'result'],
  ['Utility.BatchInterrupted', 'error'],
  ['Utility.ItemFailed', 'error'],
]);

/** An event of a block. */
export interface ChainEvent {
  /** `Pallet.Event`. */
  readonly name: string;
  readonly data: Json;
  /** The number of the extrinsic that made it; null for an event of the block itself. */
  readonly extrinsic: number | null;
}

/** The events in the decoded `System.Events` of a block; none for any other value. */
export function eventsOf(events: Json): readonly ChainEvent[] {
  if (!Array.isArray(events)) return [];
  return (events as readonly Json[]).map((record) => {
    const phase = jsonMember(record, 'phase');
    const index = jsonMember(phase, 'type') === 'ApplyExtrinsic' ? jsonMember(phase, 'value') : null;
    const pallet = jsonMember(record, 'event');
    const event = jsonMember(pallet, 'value');
    return {
      name: `${String(jsonMember(pallet, 'type'))}.${String(jsonMember(event, 'type'))}`,
      data: jsonMember(event, 'value') ?? null,
      extrinsic: typeof index === 'number' ? index : null,
    };
  });
}

/** The result of an extrinsic by the events of its block; null if they have none for it. */
export function dispatchResult(events: Json, index: number): DispatchResult | null {
  const own = eventsOf(events).filter(({ extrinsic }) => extrinsic === index);
  const failed = own.find(({ name }) => name === 'System.ExtrinsicFailed');
  if (failed !== undefined)
    return { result: 'failed', error: errorText(jsonMember(failed.data, 'dispatch_error')), inner: false };
  if (!own.some(({ name }) => name === 'System.ExtrinsicSuccess')) return null;
  for (const { name, data } of own) {
    const member = INNER.get(name);
    const value = member === undefined ? undefined : jsonMember(data, member);
    const error = member === 'error' ? value : failureOf(value);
    if (error !== undefined) return { result: 'failed', error: errorText(error), inner: true };
  }
  return { result: 'ok' };
}

function failureOf(value: Json | undefined): Json | undefined {
  return jsonMember(value, 'success') === false ? jsonMember(value, 'value') : undefined;
}

/**
 * `{ type: 'Module', value: { type: pallet, value: { type: error } } }` is `pallet.error`; others are joined
 * the same way.
 */
function errorText(error: Json | undefined): string {
  const names: string[] = [];
  let rest: Json | undefined = error;
  while (isRecord(rest) && names.length < 4) {
    const type = rest.type;
    if (typeof type === 'string' && type !== 'Module') names.push(type);
    rest = rest.value;
  }
  return names.length === 0 ? 'an error that cannot be read' : names.join('.');
}
