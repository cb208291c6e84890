import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Budget } from '../grpc/budget.ts';
import type { Channel, UnaryMethod } from '../grpc/channel.ts';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { StoreFault } from '../port.ts';
import type { Channels } from './channels.ts';
import { damagedFault, unansweredFault } from './faults.ts';
import { type GetMembersResponse, PD, type ResponseHeader } from './gen/pdpb_pb.js';
import type { Identity } from './identity.ts';

/** A member that does not answer within this time is skipped once. */
const PD_ATTEMPT_MS = 1_000;

/** The header of each request. */
export interface RequestHeader {
  readonly clusterId: bigint;
}

interface Parts {
  readonly channels: Channels;
  readonly identity: Identity;
}

/** Asks a member of PD once; adds the header, and checks the one of the answer. */
export async function askMember<I extends DescMessage, O extends DescMessage>(
  { channels, identity }: Parts,
  member: Channel,
  method: UnaryMethod<I, O>,
  request: (header: RequestHeader) => MessageInitShape<I>,
  budget: Budget,
): Promise<MessageShape<O>> {
  const message = request({ clusterId: identity.clusterId() });
  const answer = await channels.call(member, method, message, budget.request(PD_ATTEMPT_MS));
  identity.check((answer as { readonly header?: ResponseHeader }).header, member.name);
  return answer;
}

/** The leader of PD: found by asking all known members, and remembered until a call to it fails. */
export function openPdLeader(endpoints: readonly URL[], parts: Parts, log: (message: string) => void) {
  const { channels, identity } = parts;
  let urls = endpoints;
  let leader: Channel | null = null;
  let lastName = '';
  let finding: Promise<Channel> | null = null;

  /** A member's list of all members; the first answer that names a leader. */
  async function members(budget: Budget): Promise<GetMembersResponse> {
    try {
      return await Promise.any(urls.map((url) => membersAt(url, parts, budget)));
    } catch (error) {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      const fault = errors.find((one) => one instanceof StoreFault);
      throw fault ?? unansweredFault(`PD at ${hosts()}`, errors.at(0));
    }
  }

  /** The member that a fault names. */
  function hosts(): string {
    return leader?.name ?? urls.map((url) => url.host).join(', ');
  }

  async function find(budget: Budget): Promise<Channel> {
    const answer = await members(budget);
    identity.pin(answer.header);
    const known = answer.members.flatMap(({ clientUrls }) => urlsOf(clientUrls));
    urls = [...new Map([...endpoints, ...known].map((url) => [url.origin, url])).values()];
    const [first] = urlsOf(answer.leader?.clientUrls ?? []);
    if (first === undefined) throw damagedFault('PD names a leader without an address');
    const found = channels.to(first);
    if (lastName !== found.name) log(`PD is led by ${answer.leader?.name ?? 'a member'} at ${found.name}`);
    lastName = found.name;
    leader = found;
    return found;
  }

  return {
    hosts,
    members,
    now: (budget: Budget): Promise<Channel> => {
      if (leader !== null) return Promise.resolve(leader);
      finding ??= find(budget).finally(() => {
        finding = null;
      });
      return finding;
    },
    /** This member did not serve as the leader. */
    failed: (channel: Channel): void => {
      if (leader === channel) leader = null;
    },
  };
}

/** Rejects if the member knows no leader. */
async function membersAt(url: URL, parts: Parts, budget: Budget): Promise<GetMembersResponse> {
  const member = parts.channels.to(url);
  const answer = await askMember(parts, member, PD.method.getMembers, (header) => ({ header }), budget);
  if (answer.leader !== undefined) return answer;
  throw new RpcError(STATUS.unavailable, `PD at ${url.host} has no leader`, true);
}

function urlsOf(texts: readonly string[]): URL[] {
  return texts.flatMap((text) => URL.parse(text) ?? []);
}
