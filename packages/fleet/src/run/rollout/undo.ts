import { untilGood, watchNodes } from './look.ts';
import { signersBeside } from './moves.ts';
import type { RolloutUnit } from './port.ts';
import type { LeftUnit, RolloutEnd, RunSettings } from './settings.ts';

type Restored = { readonly ok: true; readonly detail: string } | { readonly ok: false; readonly why: string };

/**
 * Puts every unit that was begun back, the last one first. A signer that may run is not taken down while
 * another one of its pool is not good: then it stays as it is, and the result names it.
 */
export async function goBack(why: string, run: RunSettings): Promise<RolloutEnd> {
  const { port, journal, onEvent, signal } = run;
  onEvent({ state: 'going-back', what: '', detail: why });
  const entries = journal.entries();
  const begun = new Set(entries.flatMap((entry) => (entry.state === 'begun' ? [entry.unit] : [])));
  const restored = entries.flatMap((entry) => (entry.state === 'restored' ? [entry.unit] : []));
  const left: LeftUnit[] = [];
  for (const id of [...begun].reverse()) {
    if (restored.includes(id)) continue;
    const unit = port.units.find((one) => one.id === id);
    const ended: Restored =
      unit === undefined
        ? { ok: false, why: 'it is no longer part of the network' }
        : signal.aborted
          ? { ok: false, why: 'the command was stopped before its turn' }
          : await restoreUnit(unit, run);
    if (!ended.ok) {
      left.push({ unit: id, why: ended.why });
      onEvent({ state: 'left', what: id, detail: ended.why });
      continue;
    }
    journal.write({ state: 'restored', unit: id, detail: ended.detail });
    restored.push(id);
    onEvent({ state: 'restored', what: id, detail: ended.detail });
  }
  if (left.length === 0) journal.write({ state: 'ended', how: 'rolled-back' });
  return { how: 'rolled-back', why, restored, left };
}

async function restoreUnit(unit: RolloutUnit, run: RunSettings): Promise<Restored> {
  const { port, journal, signal } = run;
  if (unit.signs && !(await isDown(unit, run))) {
    const others = await untilGood(signersBeside(unit, port), `putting ${unit.id} back`, run);
    if (others.end === 'interrupted') return { ok: false, why: 'the command was stopped' };
    if (others.end === 'failed')
      return { ok: false, why: `it is not taken down while another signer is not good: ${others.why}` };
  }
  const moved = await port.restore(unit.id, signal);
  if (!moved.ok) return { ok: false, why: moved.detail };
  const held = journal
    .entries()
    .flatMap((entry) => (entry.state === 'begun' ? Object.entries(entry.held) : []));
  const watched = await watchNodes(
    {
      nodes: unit.nodes,
      version: 'before',
      since: null,
      heldBefore: new Map(held),
      soakMs: 0,
      what: `putting ${unit.id} back`,
    },
    run,
  );
  if (watched.end === 'passed') return { ok: true, detail: 'as before, and good' };
  const why = watched.end === 'failed' ? watched.why : 'not waited for';
  return { ok: true, detail: `as before, and not good: ${why}` };
}

/** Certainly down, according to its place. A node that only does not answer may be running. */
async function isDown({ nodes }: RolloutUnit, { port, signal }: RunSettings): Promise<boolean> {
  const asked = nodes.map((node) => ({ node, version: null, since: null }));
  return (await port.facts(asked, signal)).every(({ failure }) => failure !== null);
}
