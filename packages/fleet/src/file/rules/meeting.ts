import { bootnodesFor, bootsOf, broughtAlong } from '../emit/bootnodes.ts';
import { chainsByRuns, nodesOfChain } from '../emit/known-chain.ts';
import type { Problem } from '../network/problem.ts';
import { chainEntries, type FleetNode, type Runs } from '../normalise/network.ts';
import { problemAt, type Rule, type RuleContext, settingProblem } from './context.ts';

/** A node that runs a chain: as its own, or beside the parachain. */
interface Member {
  readonly node: FleetNode;
  readonly beside: boolean;
}

/**
 * The nodes of a chain without boot nodes find each other by the file: each knows a reachable one, and
 * together they are one network. If every place is one machine (`local up --local`), the keeper connects them
 * instead.
 */
export const nodesMeet: Rule = (context) =>
  chainsByRuns(context.network).flatMap(([runs]) => apart(context, runs));

function apart(context: RuleContext, runs: Runs): readonly Problem[] {
  const { network, files } = context;
  const brought = broughtAlong(network, files, runs);
  if (brought === 'elsewhere' || brought === 'here') return [];
  const boots = bootsOf(network, files).filter(({ node }) => node.runs === runs);
  // The boot nodes of a specification by url are unknown, but those of the file are for every place.
  if (brought === 'unread' && boots.length === 0) return [];
  const members = membersOf(context, runs);
  // A relay chain for tests runs elsewhere and does not last: no setting of a file would stay valid.
  if (network.chain.relay?.spec === undefined && members.every(({ beside }) => beside)) return [];
  const groups = groupsOf(members, (member) => meets(member, runs, boots));
  // One node alone is a network; the relay part of a parachain node is not.
  const alone = members.length === 1 && members.every((member) => member.beside && !hasOwnWay(member));
  if (groups.length < 2 && !alone) return [];
  if (boots.length === 0) return [nobodyKnown(context, runs, members)];
  const [main = [], ...others] = groups;
  return others.map((group) => farAway(context, runs, main, group));
}

function membersOf({ network }: RuleContext, runs: Runs): readonly Member[] {
  const own = nodesOfChain(network, runs).map((node) => ({ node, beside: false }));
  if (runs !== 'relay') return own;
  const others = network.pools.flatMap(({ nodes }) => nodes).filter((node) => node.runs !== runs);
  return [...own, ...others.map((node) => ({ node, beside: true }))];
}

/**
 * The boot nodes that a node learns. If the node has its own flags for joining, they lead to the nodes that
 * the operator chose.
 */
function meets(member: Member, runs: Runs, boots: ReturnType<typeof bootsOf>): readonly string[] {
  const { node } = member;
  const told = bootnodesFor(node, boots, runs);
  const met = boots.filter(({ peerId }) => told.some((address) => address.endsWith(`/p2p/${peerId}`)));
  return [...met.map((boot) => boot.node.name), ...(hasOwnWay(member) ? [OWN_WAY] : [])];
}

const OWN_WAY = '';

/** Peers that are written by hand, or found by asking the local network. */
function hasOwnWay({ node, beside }: Member): boolean {
  const { flags, relayFlags, customFlags } = node.settings;
  const written = beside ? relayFlags : flags;
  if (written['reserved-nodes'] !== undefined) return true;
  return (
    !beside && (flags['no-mdns'] === false || customFlags.some((flag) => flag.startsWith('--bootnodes')))
  );
}

/** Groups of nodes that are connected through their boot nodes; the largest group first. */
function groupsOf(
  members: readonly Member[],
  metBy: (member: Member) => readonly string[],
): readonly (readonly Member[])[] {
  const groupOf = new Map<string, Set<string>>();
  const groupAt = (name: string): Set<string> => groupOf.get(name) ?? new Set([name]);
  for (const member of members) {
    const own = keyOf(member);
    const joined = new Set([own, ...metBy(member)].flatMap((name) => [...groupAt(name)]));
    for (const name of joined) groupOf.set(name, joined);
  }
  const groups = Map.groupBy(members, (member) => groupAt(keyOf(member)));
  return [...groups.values()].sort((one, other) => other.length - one.length);
}

/** The relay part of a parachain node is another peer than the node. */
function keyOf({ node, beside }: Member): string {
  return beside ? `${node.name}, beside` : node.name;
}

const HOW_TO = '"Nodes of your own chain" in `watchbill docs fleet`';

function nobodyKnown(context: RuleContext, runs: Runs, members: readonly Member[]): Problem {
  const entry = chainEntries(context.network.chain).find((one) => one.runs === runs);
  const { path = ['chain'], chain: { spec, name } = {} } = entry ?? {};
  const who =
    members.length === 1
      ? `${members[0]?.node.name} would find no other node`
      : `its ${members.length} nodes would not find each other`;
  return problemAt(context, spec === undefined ? [...path, 'name'] : [...path, 'spec'], {
    code: 'chain',
    what: `${spec?.file ?? name} names no boot nodes, and the file has none whose peer id is known: ${who}`,
    remedy: `add a pool of role boot, or write the peer id of one of them (keys.node.peerId), or put bootNodes into the specification; see ${HOW_TO}`,
  });
}

function farAway(
  context: RuleContext,
  runs: Runs,
  main: readonly Member[],
  group: readonly Member[],
): Problem {
  const boot = bootsOf(context.network, context.files).find(
    ({ node }) => node.runs === runs && main.some((member) => member.node.name === node.name),
  );
  const first = group[0]?.node ?? main[0]?.node;
  const others = group.length > 1 ? ` and ${group.length - 1} more` : '';
  const what = `${first?.name}${others} at ${first?.place} would meet no other node: ${boot?.node.name} has no address that is known there`;
  const remedy = `write exposure.address of ${boot?.node.pool}, by which it is reached from elsewhere, or add a boot node there that both reach; see ${HOW_TO}`;
  const owner = boot?.node ?? first;
  if (owner === undefined) return problemAt(context, ['chain'], { code: 'chain', what, remedy });
  return settingProblem(owner, 'exposure.address', { code: 'chain', what, remedy });
}
