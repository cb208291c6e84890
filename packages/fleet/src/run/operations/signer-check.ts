import type { IdentifiedTarget } from '../apply/identity.ts';
import type { SignerCheck } from '../apply/settings.ts';

/** Asks the signer itself, wherever it runs. One that cannot be asked is unknown, and the next one waits. */
export function signerCheck(targets: ReadonlyMap<string, IdentifiedTarget>): SignerCheck {
  return async (place, resourceId, signal) => {
    const ask = targets.get(place)?.signer;
    if (ask === undefined) return { state: 'unknown', detail: `it is not known how to ask ${resourceId}` };
    return ask(resourceId, signal);
  };
}
