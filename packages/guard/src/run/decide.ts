import { foreignFile } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { stepVotes } from '../restart/votes.ts';
import { factsOf, type Run } from './facts.ts';
import { holdLease } from './lease.ts';
import type { GuardParts, RotationState } from './parts.ts';
import { holdRole, standbyReason } from './role.ts';
import { decideKeys, type Verdict } from './verdict.ts';

/** After an announcement, new keys are taken for so long. */
export const ROTATION_MS = 60_000;

/**
 * Decides, and makes the folder as decided. Throws {@link LeaseLapsed}, {@link RoleLost} or
 * {@link HandOverAsked} before it places anything.
 */
export async function decide(parts: GuardParts, run: Run): Promise<void> {
  holdLease(parts, run);
  holdRole(parts, run);
  const mayAllow = run.votes.phase === 'waiting' && standbyReason(parts, run) === null;
  const allowance = mayAllow ? parts.allowed() : null;
  if (allowance !== null) {
    run.votes = stepVotes(run.votes, { type: 'person-allows', ...allowance }, parts.rules.votes);
    parts.events.allowed(allowance);
  }
  await admitNew(parts, run);
  const verdicts = settle(parts, run);
  // Taking away comes first: a key that may not lie open waits for no other.
  for (const { name, state } of verdicts) if (state !== 'open') await withdraw(parts, run, name.file);
  for (const { name, state } of verdicts) if (state === 'open') await place(parts, run, name.file);
  parts.events.verdicts(verdicts);
}

/** Seals new keys while a person announced them; at all other times a foreign file ends the node. */
async function admitNew(parts: GuardParts, run: Run): Promise<void> {
  const { folder, uptimeMs } = parts;
  if (parts.announced()) {
    run.rotationUntilMs = uptimeMs() + ROTATION_MS;
    setRotation(parts, run, { state: 'open' });
  }
  const foreign = await folder.inspect();
  const isOver = run.rotation.state === 'none' || uptimeMs() > run.rotationUntilMs;
  if (isOver) {
    const [first] = foreign;
    if (first !== undefined) throw foreignFile(parts.keystore, first);
    if (run.rotation.state !== 'none') setRotation(parts, run, { state: 'none' });
    return;
  }
  for (const file of foreign) {
    const key = await folder.readNew(file);
    if (key !== null) await admit(parts, run, key);
  }
}

function setRotation({ events }: GuardParts, run: Run, state: RotationState): void {
  run.rotation = state;
  events.rotation(state);
}

async function admit(parts: GuardParts, run: Run, key: OpenKey): Promise<void> {
  const { folder, seal, events } = parts;
  try {
    await seal(key);
  } catch (error) {
    // A key that only memory holds is lost at the next stop: better now, before setKeys names it.
    await folder.withdraw(key.name);
    const why = error instanceof Error ? error.message : String(error);
    setRotation(parts, run, { state: 'failed', why });
    return;
  }
  await folder.adopt(key.name);
  run.keys.push(key);
  run.open.add(key.name.file);
  events.sealed(key.name);
}

/** The verdicts, once more after a mark became durable. */
function settle(parts: GuardParts, run: Run): readonly Verdict[] {
  const names = run.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  if (first.writeMark === null) return first.verdicts;
  parts.marks.write(first.writeMark);
  run.mark = first.writeMark;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}

async function place(parts: GuardParts, run: Run, file: string): Promise<void> {
  const key = run.keys.find(({ name }) => name.file === file);
  if (key === undefined || run.open.has(file)) return;
  holdLease(parts, run);
  holdRole(parts, run);
  await parts.folder.place(key);
  run.open.add(file);
  parts.events.placed(key.name);
}

/** An author's key that was taken away begins anew: it waits until the clock is above the mark. */
async function withdraw({ folder }: GuardParts, run: Run, file: string): Promise<void> {
  const key = run.keys.find(({ name }) => name.file === file);
  if (key === undefined || !run.open.has(file)) return;
  await folder.withdraw(key.name);
  run.open.delete(file);
  if (key.name.danger === 'authors') run.own = false;
}
