import { messageOf } from '@watchbill/kit';
import type { KeyName } from '../custody/key-name.ts';
import { foreignFile } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { voteSentence } from '../restart/votes.ts';
import { takeAllowance } from './allowance.ts';
import { type GuardRun, takenAway } from './facts.ts';
import { StayStopped } from './latch.ts';
import { holdLease } from './lease.ts';
import type { GuardParts, RotationState } from './parts.ts';
import { holdRole } from './role.ts';
import { settle } from './settle.ts';
import type { Verdict } from './verdict.ts';

/** How long new keys are accepted after an announcement. */
export const ROTATION_MS = 60_000;

/**
 * Decides, and makes the folder as decided. Throws {@link LeaseLapsed}, {@link StayStopped},
 * {@link RoleLost} or {@link HandOverAsked} before it places anything.
 */
export async function decide(parts: GuardParts, run: GuardRun): Promise<void> {
  holdLease(parts, run);
  holdStop(parts, run);
  holdRole(parts, run);
  takeAllowance(parts, run);
  await admitNew(parts, run);
  const verdicts = await settle(parts, run);
  await carryOut(parts, run, verdicts);
  parts.events.verdicts(verdicts);
}

/** Seals new keys while a person announced them; at all other times a foreign file ends the node. */
async function admitNew(parts: GuardParts, run: GuardRun): Promise<void> {
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

function setRotation({ events }: GuardParts, run: GuardRun, state: RotationState): void {
  run.rotation = state;
  events.rotation(state);
}

async function admit(parts: GuardParts, run: GuardRun, key: OpenKey): Promise<void> {
  const { folder, seal, events } = parts;
  try {
    await seal(key);
  } catch (error) {
    // A key that only memory holds is lost at the next stop: better now, before setKeys names it.
    await folder.withdraw(key.name);
    const why = messageOf(error);
    setRotation(parts, run, { state: 'failed', why });
    return;
  }
  await folder.adopt(key.name);
  run.keys.push(key);
  run.open.add(key.name.file);
  events.sealed(key.name);
}

/** Throws {@link StayStopped} if a clone or an own offence was seen. */
function holdStop({ rules, latch }: GuardParts, { votes, disabled }: GuardRun): void {
  if (votes.phase === 'clone') throw new StayStopped(latch, 'clone', voteSentence(votes, rules.votes));
  if (disabled === null) return;
  const isLifted = latch.read()?.lifted != null;
  if (disabled && !isLifted)
    throw new StayStopped(latch, 'offence', 'the chain disabled this validator for an offence');
  if (!disabled && isLifted) latch.remove();
}

/** Makes the folder of placed keys as decided. Throws as {@link place} does, before it places anything. */
export async function carryOut(
  parts: GuardParts,
  run: GuardRun,
  verdicts: readonly Verdict[],
): Promise<void> {
  // Taking away comes first: a key that may not stay placed waits for no other.
  for (const { name, state } of verdicts) if (state !== 'open') await withdraw(parts, run, name);
  for (const { name, state } of verdicts) if (state === 'open') await place(parts, run, name);
}

async function place(parts: GuardParts, run: GuardRun, { file }: KeyName): Promise<void> {
  const key = run.keys.find(({ name }) => name.file === file);
  if (key === undefined || run.open.has(file)) return;
  run.node.refuseOtherServer();
  holdLease(parts, run);
  holdRole(parts, run);
  await parts.folder.place(key);
  await parts.failpoint('after-place');
  run.open.add(file);
  parts.events.placed(key.name);
}

async function withdraw({ folder, failpoint }: GuardParts, run: GuardRun, name: KeyName): Promise<void> {
  if (!run.open.has(name.file)) return;
  await failpoint('before-withdraw');
  await folder.withdraw(name);
  await failpoint('after-withdraw');
  takenAway(run, name);
}
