import type { NodeRpc } from '@watchbill/chain';

type Answers = Readonly<Record<string, (...params: readonly never[]) => unknown>>;

/** A node that answers from a table; any other method fails as an unknown one does. */
export function fakeNodeRpc(answers: Answers): NodeRpc & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    address: 'ws://fake',
    calls,
    call: async <T>(method: string, params: readonly unknown[] = []): Promise<T> => {
      calls.push(method);
      const answer = answers[method];
      if (answer === undefined) throw new Error(`method not found: ${method}`);
      return answer(...(params as never[])) as T;
    },
    subscribe: async () => ({ close: () => undefined }),
    close: () => undefined,
  };
}
