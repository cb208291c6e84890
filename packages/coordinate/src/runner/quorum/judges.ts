import type { ActionPlugin } from '../../actions/port.ts';
import type { Judges } from '../../quorum/evidence.ts';

const NO_FACTS = new Uint8Array();

/**
 * The plug-ins' judgements for evidence: they use only the schedule, and the statements that members signed.
 */
export function judgesOf(plugins: ReadonlyMap<string, ActionPlugin>): Judges {
  return new Map(
    [...plugins].map(([action, plugin]) => [
      action,
      ({ value, parameters, facts }) => {
        // A wrong validity is a mistake with its own kind of evidence. A judge does not check the cadence.
        const { validityBlocks } = value;
        const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
        return plugin.judge({ action, cadence, validityBlocks, parameters }, value, facts ?? NO_FACTS);
      },
    ]),
  );
}
