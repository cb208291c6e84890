// The parts of a guard that runs for months. A process holds the code of every module that it loads, so what
// only set-up and other commands need is not here.

export { readIdentity, recipientOf } from '../custody/age.ts';
export { openFolder } from '../custody/open-folder.ts';
export { addSealed, openSealed } from '../custody/sealed-folder.ts';
export { guardFailpoint } from '../failpoints.ts';
export { GuardFault } from '../fault.ts';
export { startNode } from '../node/process.ts';
export { continuitySentence } from '../restart/continuity.ts';
export { chainFile } from './chain-file.ts';
export { allEvents } from './events.ts';
export { runGuard } from './guard.ts';
export { latchFile } from './latch.ts';
export { LEASE_MS } from './lease.ts';
export { lockFolders } from './lock.ts';
export { folderIdentity, markFile, tokenFile, uptimeMs } from './memory.ts';
export type { GuardEvents, GuardParts, ReadingEvents, RotationState, Validator, Witness } from './parts.ts';
export { makeKeystore, type RuntimeFolder, runtimeFolder } from './runtime-folder.ts';
export { DEFAULT_RULES, type Verdict } from './verdict.ts';
