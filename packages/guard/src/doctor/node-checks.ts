import { counted } from '@watchbill/kit';
import { ofThisMachine } from '../inspect/keystore.ts';
import { known, notAsked, unread } from '../inspect/look.ts';
import { type Answer, checksOf, fault, of, on } from './finding.ts';

const [check, network, others] = [checksOf('node'), checksOf('network'), checksOf('others')];
const FEW_PEERS = 3;
/** Finality trails the best block by two to five blocks on a healthy network. */
const SLOW_FINALITY = 20;
const NO_FINALITY = 100;
const BEHIND_BLOCKS = 10;
/** A block cannot be seen before its slot. Network and sync of clocks take less than this. */
const CLOCK_BEHIND_MS = 500;
/** A healthy node sees a new block within its slot or shortly after it. */
const AHEAD_SLOTS = 2;
/** Without a new block, the last one may be this old: slots without a block are normal. */
const SILENT_SLOTS = 20;
const VERSION = /^(\d+)\.(\d+)\.(\d+)/;

export const NODE_CHECKS = [
  check('node-peers', 'the node has peers', 'own', (own, { blocks }) => {
    const { address, peers: count, shouldHavePeers } = own;
    if (!shouldHavePeers) return null;
    // A private network may have two nodes: the number of authorities shows how many peers there can be.
    const others = (known(blocks)?.authorities ?? 2) - 1;
    if (count >= Math.min(FEW_PEERS, Math.max(1, others))) return null;
    return fault(count === 0 ? 'D' : 'C', address, {
      what: count === 0 ? 'the node has no peers' : `the node has only ${counted(count, 'peer')}`,
      evidence: [`system_health: peers ${count}`],
      cost: 'blocks and votes do not reach the network, or too late',
      mend: 'open the port of --listen-addr in the firewall, and check --bootnodes and --reserved-only',
    });
  }),
  check('node-role', 'the node runs as a validator', 'own', ({ address, roles }, { session, keystores }) => {
    const isWanted =
      session.looked ||
      ofThisMachine(keystores).some(({ keys }) => keys.some(({ danger }) => danger !== 'other'));
    if (!isWanted || roles.includes('Authority')) return null;
    return fault('D', address, {
      what: 'the node runs without --validator',
      evidence: [`system_nodeRoles: ${roles.join(', ')}`],
      cost: 'the node holds keys and uses none of them: no block and no vote',
      mend: 'add --validator to the command of the node, and start it again when no other machine has its keys',
    });
  }),
  check('node-syncing', 'the node is in sync', 'own', ({ address, syncing, best }) => {
    if (!syncing) return null;
    return fault('D', address, {
      what: 'the node still syncs',
      evidence: [`system_health: isSyncing true, best block ${best}`],
      cost: 'a node that syncs makes no block and casts no useful vote',
      mend: 'wait until it is in sync; if its height does not grow: check disk, memory and peers in its log',
    });
  }),
  check('node-finality', 'the node follows finality', 'own', ({ address, best, finalized }) => {
    const lag = best - finalized;
    if (lag <= SLOW_FINALITY) return null;
    return fault(lag > NO_FINALITY ? 'D' : 'C', address, {
      what: `finality is ${lag} blocks behind the best block`,
      evidence: [`best ${best}, finalised ${finalized}`],
      cost: 'votes of this node are missing or late, or the whole network does not finalise',
      mend: 'compare with another node: give --rpc; if only this node lags, check its peers, its disk and its log of grandpa',
    });
  }),
  others('node-behind', 'the node finalises the same height as other nodes', 'own', (own, facts) =>
    of(facts, 'others', (other) => {
      const lag = other.finalized - own.finalized;
      if (lag <= BEHIND_BLOCKS) return null;
      return fault('D', own.address, {
        what: `the node is ${lag} finalised blocks behind ${other.address}`,
        evidence: [`own ${own.finalized}, ${other.address} ${other.finalized}`],
        cost: 'the node votes late and builds on old blocks',
        mend: 'check the disk, the memory and the peers of the node in its log; restart it if its height does not grow',
      });
    }),
  ),
  check('node-clock', 'the clock of this machine fits the slots of blocks', 'clock', (clock) => {
    const { slotMs, agesMs, lastAgeMs } = clock;
    const youngest = Math.min(lastAgeMs, ...agesMs);
    if (youngest < -CLOCK_BEHIND_MS)
      return clockFound(`this clock is at least ${-youngest} ms behind`, youngest);
    if (agesMs.length === 0 && lastAgeMs <= SILENT_SLOTS * slotMs)
      return notAsked('no new block came while the doctor listened; give a longer --listen');
    const oldest = agesMs.length === 0 ? lastAgeMs : Math.min(...agesMs);
    if (oldest > AHEAD_SLOTS * slotMs)
      return clockFound('this clock is ahead, or the node gets its blocks late', oldest);
    return null;
  }),
  others('node-version', 'the node is not older than other nodes', 'own', (own, facts) =>
    of(facts, 'others', (other) => {
      const [mine, theirs] = [own.version, other.version].map((text) =>
        VERSION.exec(text)?.slice(1).map(Number),
      );
      if (mine === undefined || theirs === undefined)
        return unread(`the versions ${own.version} and ${other.version} cannot be compared`);
      const at = mine.findIndex((part, index) => part !== theirs[index]);
      if (at < 0 || (mine[at] ?? 0) > (theirs[at] ?? 0)) return null;
      return fault('C', own.address, {
        what: `the node is older than ${other.address}`,
        evidence: [`own ${own.version}, ${other.address} ${other.version}`],
        cost: 'an old node may stop at the next runtime upgrade, or judge blocks in another way',
        mend: 'read the release notes, and upgrade the node; see "A validator, without missed slots" in `watchbill docs upgrade`',
      });
    }),
  ),
];

function clockFound(what: string, ageMs: number): Answer {
  return fault('D', 'clock', {
    what,
    evidence: [
      ageMs < 0
        ? `a block was here ${-ageMs} ms before its slot began`
        : `the freshest block was seen ${ageMs} ms after its slot began`,
    ],
    cost: 'the node takes slots that are over, or makes blocks that others refuse; a clock that steps back repeats a slot',
    mend: 'timedatectl status; timedatectl set-ntp true',
  });
}

/** Checks of the RPC and of the node key, as other machines see them. */
export const NETWORK_CHECKS = [
  network('rpc-exposed', 'unsafe RPC is closed to other machines', 'exposed', (all) =>
    all.map(({ address, unsafe }) =>
      on(unsafe, (answer) => {
        if (answer !== 'answered') return null;
        return fault('E', address, {
          what: 'unsafe RPC answers on an address that other machines reach',
          evidence: [`${address} answered system_peers`],
          cost: 'anyone who reaches it can insert and rotate session keys, and change the peers of the node',
          mend: 'start the node without --rpc-external, or with --rpc-methods safe; close the port in the firewall',
        });
      }),
    ),
  ),
  others('node-key-cloned', 'no other listed node has the same node key', 'own', (own, facts) =>
    of(facts, 'others', (other) => {
      // One node may answer at two addresses: it then listens at the same places.
      const isSameNode = own.listens.toSorted().join() === other.listens.toSorted().join();
      if (own.peerId !== other.peerId || isSameNode) return null;
      return fault('E', own.peerId, {
        what: `${own.address} and ${other.address} have the same node key`,
        evidence: [
          `both have the peer id ${own.peerId}`,
          `own: ${own.listens[0]}`,
          `other: ${other.listens[0]}`,
        ],
        cost: 'peers reach one of the two by chance; and a disk that was cloned with the node key has the session keys as well',
        mend: 'find out which machine is the copy, stop it, remove its keystore, and give it a new key: --node-key-file',
      });
    }),
  ),
];
