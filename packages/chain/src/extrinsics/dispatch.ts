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

/**
 * Reads the decoded `System.Events` of a block for one extrinsic of it; null if they have no result for it.
 */
export function dispatchResult(events: Json, index: number): DispatchResult | null {
  const own = eventsOf(events, index);
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

interface NamedEvent {
  readonly name: string;
  readonly data: Json;
}

function eventsOf(events: Json, index: number): readonly NamedEvent[] {
  if (!Array.isArray(events)) return [];
  return (events as readonly Json[]).flatMap((record) => {
    const phase = jsonMember(record, 'phase');
    if (jsonMember(phase, 'type') !== 'ApplyExtrinsic' || jsonMember(phase, 'value') !== index) return [];
    const pallet = jsonMember(record, 'event');
    const event = jsonMember(pallet, 'value');
    const name = `${String(jsonMember(pallet, 'type'))}.${String(jsonMember(event, 'type'))}`;
    return [{ name, data: jsonMember(event, 'value') ?? null }];
  });
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
