import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { RecoveryFinding, StoreState } from '../../proof/recovery/index.ts';

/** The parts of an incident file that name its freeze. */
const incidentShape = z.object({
  freeze: z.object({ atMs: z.number(), reason: z.string() }),
  frozen: z.array(z.object({ chain: z.string(), key: z.string() })),
});

/** Incidents are rare; of more than these the newest are read. */
const MAX_INCIDENTS = 256;

/**
 * Freezes that the incident files of this service name, and that the store does not have: it is of a backup
 * from before them, so after the recovery the key is granted units again.
 */
export function lostFreezes(
  dataDir: string,
  { policies }: Pick<StoreState, 'policies'>,
): readonly RecoveryFinding[] {
  const folder = join(dataDir, 'incidents');
  const lost = new Map<string, string>();
  for (const name of incidentNames(folder)) {
    const incident = incidentShape.safeParse(jsonOrNull(readFileSync(join(folder, name), 'utf8')));
    if (!incident.success) continue;
    const { freeze, frozen } = incident.data;
    for (const { chain, key } of frozen) {
      const found = policies.find(({ policy }) => policy.chain === chain && policy.key === key);
      // A policy keeps its last freeze, also after a lift.
      if ((found?.policy.freeze?.atMs ?? Number.NEGATIVE_INFINITY) >= freeze.atMs) continue;
      const when = new Date(freeze.atMs).toISOString();
      lost.set(`${chain}/${key}`, `key ${key}, frozen ${when}: ${freeze.reason} (${name})`);
    }
  }
  if (lost.size === 0) return [];
  return [
    {
      kind: 'freeze-lost',
      what: 'the store does not have a freeze that this service made',
      evidence: [...lost.values()],
      remedy:
        'unless you lifted it since: after the recovery start the services, freeze the key again with ' +
        '`watchbill freeze --key KEY REASON`, and only then start its nodes',
    },
  ];
}

/** Oldest first: the names begin with the time. */
function incidentNames(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    return names.sort().slice(-MAX_INCIDENTS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
