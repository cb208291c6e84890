/**
 * Applies a saved plan and ends itself by SIGKILL at the given moment:
 * `apply-process.ts KUBECONFIG NAMESPACE PLAN JOURNAL NTH`. Moments are counted: before and after each change
 * of the cluster, and after each line of the journal. Prints `all done` where the plan has fewer.
 */
import { readFileSync } from 'node:fs';
import {
  applyPlan,
  decodeSavedPlan,
  type IdentifiedTarget,
  type Journal,
  openJournal,
} from '@watchbill/fleet/run/apply';
import { openKubernetesTarget } from '@watchbill/fleet/run/kubernetes';
import { CLOCK, deadline, PLACE } from './ground.ts';

const [kubeconfigFile = '', namespace = '', planFile = '', journalFile = '', nth = ''] =
  process.argv.slice(2);

let moments = 0;
function moment(): void {
  if (moments++ === Number(nth)) process.kill(process.pid, 'SIGKILL');
}

function deadly(target: IdentifiedTarget): IdentifiedTarget {
  return {
    ...target,
    apply: async (...args) => {
      moment();
      const done = await target.apply(...args);
      moment();
      return done;
    },
    remove: async (...args) => {
      moment();
      const done = await target.remove(...args);
      moment();
      return done;
    },
  };
}

function deadlyJournal(journal: Journal): Journal {
  return {
    ...journal,
    write: (entry) => {
      journal.write(entry);
      moment();
    },
  };
}

const read = decodeSavedPlan(readFileSync(planFile, 'utf8'));
if (!read.ok) throw new Error(read.detail);
const { plan, identities } = read.saved;
const place = { target: 'kubernetes', name: PLACE, context: null, namespace } as const;
const opened = await openKubernetesTarget({ place, kubeconfigFile, clock: CLOCK });
if (!opened.ok) throw new Error(opened.detail);
const header = { format: 'watchbill/journal/1', plan: plan.id, network: plan.network, identities } as const;
const journal = openJournal(journalFile, header);
if (!journal.ok) throw new Error(journal.detail);
const result = await applyPlan({
  plan,
  targets: new Map([[PLACE, deadly(opened.target)]]),
  journal: deadlyJournal(journal.journal),
  clock: CLOCK,
  checkSigner: async () => ({ state: 'healthy' }),
  gateTimeoutMs: 110_000,
  pollMs: 200,
  onEvent: () => undefined,
  signal: deadline(),
});
journal.journal.close();
opened.target.close();
process.stdout.write(result.left.length === 0 ? 'all done\n' : `${JSON.stringify(result)}\n`);
