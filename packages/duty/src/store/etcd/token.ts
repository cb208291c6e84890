import type { RpcOptions } from '../grpc/rpc-error.ts';
import { Auth } from './gen/rpc_pb.js';
import type { Member } from './members.ts';
import type { EtcdUser } from './options.ts';

/** The token of user and password. etcd accepts it at every member until it expires or users change. */
export type TokenSource = ReturnType<typeof tokenSource>;

export function tokenSource(user: EtcdUser) {
  let token: string | null = null;
  let pending: Promise<string> | null = null;

  async function authenticate(member: Member, options: RpcOptions): Promise<string> {
    try {
      const asked = { name: user.user, password: user.password };
      const answer = await member.channel.unary(Auth.method.authenticate, asked, options);
      token = answer.token;
      return answer.token;
    } finally {
      pending = null;
    }
  }

  return {
    /** The current token, or a new one; concurrent callers share one request. */
    get: async (member: Member, options: RpcOptions): Promise<string> => {
      if (token !== null) return token;
      pending ??= authenticate(member, options);
      return pending;
    },
    /** A member refused this token. */
    reject: (rejected: string): void => {
      if (token === rejected) token = null;
    },
  };
}
