import { isOfService } from '../../file/graph/index.ts';
import type { Plan, Step } from '../../file/plan/index.ts';
import { isWorkload } from '../../file/plan/index.ts';

/** The part of a plan that is rolled out. */
export type Scope =
  | {
      readonly ok: true;
      /** Updates of resources that run nodes; they go by stages and checks. */
      readonly rolled: readonly Step[];
      /** Resources that must exist first and restart no node. */
      readonly first: readonly Step[];
      /** Removals, which a later plan does: going back needs the earlier objects. */
      readonly later: readonly Step[];
    }
  | { readonly ok: false; readonly steps: readonly Step[]; readonly why: string };

/** Only changes of nodes that run, and that keep their keys and chains, can be put back. Pure. */
export function scopeOf({ steps }: Pick<Plan, 'steps'>, pools: readonly string[] | null): Scope {
  const isWanted = ({ subject }: Step) =>
    pools === null || subject.pool === null || pools.includes(subject.pool);
  const wanted = steps.filter(isWanted);
  const workloads = wanted.filter(({ resourceId }) => isWorkload(resourceId.split('/')[1] ?? ''));
  const services = workloads.filter(({ subject }) => isOfService(subject));
  if (services.length > 0)
    return {
      ok: false,
      steps: services,
      why: 'it changes a permission service, which has no blocks to compare: apply that first, with `fleet apply`',
    };
  const other = workloads.filter(({ action }) => action !== 'update');
  if (other.length > 0)
    return { ok: false, steps: other, why: 'it makes, removes or replaces objects that run nodes' };
  const counts = workloads.filter(({ fields }) =>
    fields.some(({ path }) => path.join('.') === 'spec.replicas'),
  );
  if (counts.length > 0) return { ok: false, steps: counts, why: 'it changes how many nodes run' };
  const costly = wanted.filter((step) => step.action !== 'delete' && isCostly(step));
  if (costly.length > 0)
    return { ok: false, steps: costly, why: 'it changes keys or chains, and cannot be put back' };
  const rolled = workloads.filter(({ gate }) => gate === 'healthy');
  const ids = new Set(rolled.map(({ id }) => id));
  const later = wanted.filter(({ action }) => action === 'delete');
  const first = wanted.filter(({ id, action }) => action !== 'delete' && !ids.has(id));
  const firstIds = new Set(first.map(({ id }) => id));
  const tangled = first.filter(({ needs }) => needs.some((id) => !firstIds.has(id)));
  if (tangled.length > 0) return { ok: false, steps: tangled, why: 'it comes after nodes that are changed' };
  return { ok: true, rolled, first, later };
}

function isCostly({ risk, fields }: Step): boolean {
  const risks = [risk, ...fields.map((field) => field.risk)];
  return risks.includes('signing') || risks.includes('data-loss');
}
