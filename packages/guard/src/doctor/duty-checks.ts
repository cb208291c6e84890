import { counted } from '@watchbill/kit';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { known, type Look, notAsked, seen } from '../inspect/look.ts';
import { checksOf, fault, keyText } from './finding.ts';
import { isInKeystore, KEYSTORE_CHECKS } from './keystore-checks.ts';
import { NODE_CHECKS } from './node-checks.ts';
import { SESSION_CHECKS } from './session-checks.ts';
import { UNIT_CHECKS } from './unit-checks.ts';

const check = checksOf('duties');
/** One late vote is not an absence. */
const LEAST_ROUNDS = 2;

/** Checks of the duties: an active validator that does nothing. */
export const DUTY_CHECKS = [
  check('duties-elsewhere', 'the own key does not vote while this node is down', 'votes', (votes, facts) => {
    const { own, later, votedLater, listenedMs } = votes;
    const stopped = whyStopped(facts);
    if (!stopped.looked) return stopped;
    if (stopped.value === null || own === null) return null;
    const held = isInKeystore(facts, { kind: 'gran', publicKey: own });
    // The guard listens before it places a key; without a placed key, the other machine is the active one.
    const isSafe = held.looked ? !held.value : known(facts.unit)?.guarded === true;
    if (isSafe) return null;
    if (votedLater === 0)
      return later > 0
        ? null
        : notAsked(
            `no round began in the ${Math.round(listenedMs / 1_000)} s that the doctor listened; give a longer --listen`,
          );
    return fault(held.looked ? 'F' : 'E', `gran ${own}`, {
      what: `${keyText({ kind: 'gran', publicKey: own })} votes, and this node does not run`,
      evidence: [
        stopped.value,
        `${counted(votedLater, 'round')} with its vote began after that`,
        held.looked ? 'the key is in the keystore of this machine' : `not known: ${held.why}`,
      ],
      cost: 'another process signs with this key: as soon as this node starts, two sign, which is slashed',
      mend: 'do not start this node; find the other machine (--keystore USER@HOST:/FOLDER), stop one of the two and remove its keys',
    });
  }),
  check('duties-blocks', 'an active validator makes blocks', 'blocks', (made, facts) => {
    const { engine, own, authorities, blocks, authored } = made;
    // It is not in the set, so it has no block to make. If it should be, the finding about its session keys
    // has the reason.
    if (own === null || authored > 0) return null;
    const needed = blocksNeeded(authorities);
    if (blocks < needed) {
      return notAsked(
        `${counted(blocks, 'block')} of this set, none of this key: with ${authorities} authorities it takes ${needed} to be sure; give --blocks ${needed}`,
      );
    }
    const tree = causeTree(facts);
    return fault('D', `${engine} ${own}`, {
      what: `${keyText({ kind: engine, publicKey: own })} is in the set and made no block`,
      evidence: [
        `none of the last ${blocks} finalised blocks, with ${authorities} authorities`,
        ...tree.lines,
      ],
      cost: 'the validator earns nothing for blocks, and the chain is slower',
      mend: tree.mend,
    });
  }),
  check('duties-votes', 'an active validator votes for finality', 'votes', (votes, facts) => {
    const { own, authorities, rounds, voted, listenedMs } = votes;
    if (own === null || voted > 0) return null;
    if (rounds < LEAST_ROUNDS) {
      return notAsked(
        `${counted(rounds, 'round')} ended in ${Math.round(listenedMs / 1_000)} s, and it takes ${LEAST_ROUNDS}; give a longer --listen`,
      );
    }
    const tree = causeTree(facts);
    return fault('D', `gran ${own}`, {
      what: `${keyText({ kind: 'gran', publicKey: own })} is in the set and does not vote`,
      evidence: [
        `no vote in ${counted(rounds, 'round')} that ended, with ${authorities} authorities`,
        ...tree.lines,
      ],
      cost: 'finality has one vote less; if a third of the votes are missing, it stops',
      mend: tree.mend,
    });
  }),
];

/** Why the own node does not run; null if it runs. */
function whyStopped({ own, ownIsDown, unit }: DoctorFacts): Look<string | null> {
  if (own.looked) return seen(null);
  const { name, state } = known(unit) ?? {};
  // While systemd starts or stops the unit, the node may run.
  if (state === 'inactive' || state === 'failed') return seen(`ActiveState of ${name} is ${state}`);
  if (ownIsDown) return seen('no process of this machine listens at the address of --node');
  return state === 'active' ? seen(null) : own;
}

/** A healthy validator is without a block this rarely in the blocks that were read. */
const BY_CHANCE = 0.001;

/** How many blocks show an absence: with n authorities of one weight, (1 - 1/n) ^ blocks is by chance. */
export function blocksNeeded(authorities: number): number {
  return authorities < 2 ? 1 : Math.ceil(Math.log(BY_CHANCE) / Math.log(1 - 1 / authorities));
}

const NO_CAUSE =
  'run this with --node, --keystore and --unit of the machine that has the keys; if no cause applies, read the log of babe and grandpa';

/** Checks that can explain why a duty is missed, in the order in which one excludes the next. */
const CAUSES = [
  ...['unit-state', 'node-role', 'session-held', 'keystore-secrets', 'keystore-owner'],
  ...['node-syncing', 'node-peers', 'node-clock', 'node-behind', 'node-finality'],
];
const ALL = [...UNIT_CHECKS, ...SESSION_CHECKS, ...KEYSTORE_CHECKS, ...NODE_CHECKS];

/**
 * The possible causes of missed duties, each with its answer, for example
 * `no: the node is in sync (the node still syncs)`, and the remedy of the first one that applies.
 */
function causeTree(facts: DoctorFacts): { readonly lines: readonly string[]; readonly mend: string } {
  const { own } = facts;
  const lines = own.looked
    ? ['yes: the node answers']
    : own.asked
      ? [`no: the node answers (${own.why})`]
      : [];
  let mend: string | null = null;
  for (const { title, look } of CAUSES.flatMap((id) => ALL.filter((each) => each.id === id))) {
    const { found, missing } = look(facts, null);
    const [cause] = found;
    mend ??= cause?.mend ?? null;
    if (cause !== undefined) lines.push(`no: ${title} (${cause.what})`);
    else lines.push(missing === null ? `yes: ${title}` : `not looked: ${title} (${missing.why})`);
  }
  return { lines, mend: mend ?? NO_CAUSE };
}
