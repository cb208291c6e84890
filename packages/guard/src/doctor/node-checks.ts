import { counted } from '@watchbill/kit';
import { type ClockFacts, type DoctorFacts, type NodeFacts, notAsked, unread } from './facts.ts';
import { type Answer, type Check, checksOf, fault, of, on } from './finding.ts';
import { ofThisMachine } from './keystore-checks.ts';

const check = checksOf('node');

export const NODE_CHECKS: readonly Check[] = [
  check('node-peers', 'the node has peers', of('own', peers)),
  check('node-role', 'the node runs as a validator', of('own', role)),
  check('node-syncing', 'the node is in sync', of('own', syncing)),
  check('node-finality', 'the node follows finality', of('own', finality)),
  check('node-behind', 'the node finalises the same height as other nodes', compared(behind)),
  check('node-clock', 'the clock of this machine fits the slots of blocks', of('clock', clockOffset)),
  check('node-version', 'the node is not older than other nodes', compared(version)),
];

/** Looks at each other node that answers. */
export function compared(judge: (own: NodeFacts, other: NodeFacts) => Answer) {
  return of('own', (own, { others }) =>
    others.length === 0
      ? notAsked('--rpc names no other node of the chain')
      : others.map((each) => on(each, (other) => judge(own, other))),
  );
}

const FEW_PEERS = 3;

function peers({ address, peers: count, shouldHavePeers }: NodeFacts, { blocks }: DoctorFacts): Answer {
  if (!shouldHavePeers) return null;
  // A private network may have two nodes: the number of authorities shows how many peers there can be.
  const others = blocks.looked ? blocks.value.authorities - 1 : 1;
  if (count >= Math.min(FEW_PEERS, Math.max(1, others))) return null;
  return fault(count === 0 ? 'D' : 'C', address, {
    what: count === 0 ? 'the node has no peers' : `the node has only ${counted(count, 'peer')}`,
    evidence: [`system_health: peers ${count}`],
    cost: 'blocks and votes do not reach the network, or too late',
    mend: 'open the port of --listen-addr in the firewall, and check --bootnodes and --reserved-only',
  });
}

function role({ address, roles }: NodeFacts, { session, keystores }: DoctorFacts): Answer {
  const isWanted =
    (session.looked && session.value.validator !== null) ||
    ofThisMachine(keystores).some(({ keys }) => keys.some(({ danger }) => danger !== 'other'));
  if (!isWanted || roles.includes('Authority')) return null;
  return fault('D', address, {
    what: 'the node runs without --validator',
    evidence: [`system_nodeRoles: ${roles.join(', ')}`],
    cost: 'the node holds keys and uses none of them: no block and no vote',
    mend: 'add --validator to the command of the node, and start it again when no other machine has its keys',
  });
}

function syncing({ address, syncing: isSyncing, best }: NodeFacts): Answer {
  if (!isSyncing) return null;
  return fault('D', address, {
    what: 'the node still syncs',
    evidence: [`system_health: isSyncing true, best block ${best}`],
    cost: 'a node that syncs makes no block and casts no useful vote',
    mend: 'wait until it is in sync; if its height does not grow: check disk, memory and peers in its log',
  });
}

/** Finality trails the best block by two to five blocks on a healthy network. */
const SLOW_FINALITY = 20;
const NO_FINALITY = 100;

function finality({ address, best, finalized }: NodeFacts): Answer {
  const lag = best - finalized;
  if (lag <= SLOW_FINALITY) return null;
  return fault(lag > NO_FINALITY ? 'D' : 'C', address, {
    what: `finality is ${lag} blocks behind the best block`,
    evidence: [`best ${best}, finalised ${finalized}`],
    cost: 'votes of this node are missing or late, or the whole network does not finalise',
    mend: 'compare with another node: give --rpc; if only this node lags, check its peers, its disk and its log of grandpa',
  });
}

const BEHIND_BLOCKS = 10;

function behind(own: NodeFacts, other: NodeFacts): Answer {
  const lag = other.finalized - own.finalized;
  if (lag <= BEHIND_BLOCKS) return null;
  return fault('D', own.address, {
    what: `the node is ${lag} finalised blocks behind ${other.address}`,
    evidence: [`own ${own.finalized}, ${other.address} ${other.finalized}`],
    cost: 'the node votes late and builds on old blocks',
    mend: 'check the disk, the memory and the peers of the node in its log; restart it if its height does not grow',
  });
}

/** A block cannot be seen before its slot. Network and sync of clocks take less than this. */
const CLOCK_BEHIND_MS = 500;
/** A healthy node sees a new block within its slot or shortly after it. */
const AHEAD_SLOTS = 2;
/** Without a new block, the last one may be this old: slots without a block are normal. */
const SILENT_SLOTS = 20;

function clockOffset({ slotMs, agesMs, lastAgeMs }: ClockFacts): Answer {
  const youngest = Math.min(lastAgeMs, ...agesMs);
  if (youngest < -CLOCK_BEHIND_MS)
    return clockFound(`this clock is at least ${-youngest} ms behind`, youngest);
  if (agesMs.length === 0 && lastAgeMs <= SILENT_SLOTS * slotMs)
    return notAsked('no new block came while the doctor listened; give a longer --listen');
  const oldest = agesMs.length === 0 ? lastAgeMs : Math.min(...agesMs);
  if (oldest > AHEAD_SLOTS * slotMs)
    return clockFound('this clock is ahead, or the node gets its blocks late', oldest);
  return null;
}

function clockFound(what: string, ageMs: number): Answer {
  return fault('D', 'clock', {
    what: what,
    evidence: [
      ageMs < 0
        ? `a block was here ${-ageMs} ms before its slot began`
        : `the freshest block was seen ${ageMs} ms after its slot began`,
    ],
    cost: 'the node takes slots that are over, or makes blocks that others refuse; a clock that steps back repeats a slot',
    mend: 'timedatectl status; timedatectl set-ntp true',
  });
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)/;

function version(own: NodeFacts, other: NodeFacts): Answer {
  const [mine, theirs] = [own.version, other.version].map((text) => VERSION.exec(text)?.slice(1).map(Number));
  if (mine === undefined || theirs === undefined)
    return unread(`the versions ${own.version} and ${other.version} cannot be compared`);
  const at = mine.findIndex((part, index) => part !== theirs[index]);
  if (at < 0 || (mine[at] ?? 0) > (theirs[at] ?? 0)) return null;
  return fault('C', own.address, {
    what: `the node is older than ${other.address}`,
    evidence: [`own ${own.version}, ${other.address} ${other.version}`],
    cost: 'an old node may stop at the next runtime upgrade, or judge blocks in another way',
    mend: 'read the release notes, and upgrade the node: docs/duty/how-to/upgrade.md#a-validator-without-missed-slots',
  });
}
