import type { Intent } from '../intent.ts';
import type { Command } from '../machine/events.ts';
import type { MachineRules } from '../machine/rules.ts';
import { step } from '../machine/step.ts';
import type { Adding, IntentStore } from '../store/port.ts';

export type Commanded =
  | { readonly ok: true }
  /** `unknown`: no such intent; `changed`: concurrent changes did not stop; others: why it has no effect. */
  | { readonly ok: false; readonly code: string };

/** Another process may change the intent between reading and storing. */
const MOST_RACES = 16;

/** A command of a person, from any process: it is stored, and the runner acts on it at its next turn. */
export async function commandIntent(
  store: IntentStore,
  rules: MachineRules,
  id: string,
  command: Command,
): Promise<Commanded> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const stored = await store.load(id);
    if (stored === null) return { ok: false, code: 'unknown' };
    const { effects } = step(rules, stored.state, command);
    for (const effect of effects) {
      if (effect.kind === 'dropped') return { ok: false, code: effect.why };
      if (effect.kind !== 'store') continue;
      const { ok } = await store.save({ ...effect, revision: stored.revision });
      if (ok) return { ok: true };
    }
  }
  return { ok: false, code: 'changed' };
}

/**
 * Adds an intent, once for its round, and lets it supersede the older ones of its nominator. Adding it again
 * only does the latter, which a crash may have interrupted.
 */
export async function admitIntent(store: IntentStore, rules: MachineRules, intent: Intent): Promise<Adding> {
  const added = await store.add(intent);
  if (!added.ok && added.code !== 'exists') return added;
  const open = (await store.open()).map(({ state }) => state.intent);
  const own = open.findIndex(({ id }) => id === intent.id);
  for (const older of open.slice(0, Math.max(own, 0)))
    if (older.nominator === intent.nominator)
      await commandIntent(store, rules, older.id, { kind: 'supersede', by: intent.round });
  return added;
}
